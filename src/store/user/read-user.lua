-- What the operator may know of a user, in one step; the rooms of its sockets are read after it.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
return {
  redis.call('HGET', meta, 'directWhitelistOnly') == '1' and 1 or 0,
  redis.call('SCARD', whitelist), redis.call('SCARD', blacklist),
}
