-- What the operator may know of a user, in one step. Replies: 'noUser' |
-- {direct messages by whitelist only, names in the whitelist, in the blacklist, {socket, node, {rooms} …}}.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
local found = {}
local all = redis.call('HGETALL', sockets)
for at = 1, #all, 2 do
  found[#found + 1] = all[at]
  found[#found + 1] = all[at + 1]
  found[#found + 1] = redis.call('HKEYS', rooms .. all[at])
end
return {
  redis.call('HGET', meta, 'directWhitelistOnly') == '1' and 1 or 0,
  redis.call('SCARD', whitelist), redis.call('SCARD', blacklist), found,
}
