-- What the operator may know of a user, in one step; its sockets are asked for after it.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
return {
  redis.call('HLEN', sockets),
  redis.call('HGET', meta, 'directWhitelistOnly') == '1' and 1 or 0,
  redis.call('SCARD', whitelist), redis.call('SCARD', blacklist),
}
