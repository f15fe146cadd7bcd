-- What the operator may know of a user, in one step; the rooms of its sockets are read after it. Replies: 'noUser' |
-- {direct messages by whitelist only, names in the whitelist, in the blacklist}.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
return {
  redis.call('HGET', meta, 'directWhitelistOnly') == '1' and 1 or 0,
  redis.call('SCARD', whitelist), redis.call('SCARD', blacklist),
}
