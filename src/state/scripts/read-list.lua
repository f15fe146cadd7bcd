-- The names in a list of a room. Replies: 'noRoom' | 'notJoined' | 'noList' | {members} where the userlist is longer
-- than `pageMax` | {members, {names}}; members of the list, that is.
if not openLog() then
  return 'noRoom'
end
if not mayRead(user) then
  return 'notJoined'
end
if listName == 'userlist' then
  noteSeen()
  local count = redis.call('ZCARD', names)
  return count > tonumber(pageMax) and { count } or { count, redis.call('ZRANGEBYLEX', names, '-', '+') }
end
local key = ({ adminlist = adminlist, whitelist = whitelist, blacklist = blacklist })[listName]
if not key then
  return 'noList'
end
return { redis.call('SCARD', key), redis.call('SMEMBERS', key) }
