-- A user's sockets on all nodes, each with its node and rooms (both bounded by limits). Replies: {socket, node, {rooms} …}.
local found = {}
local all = redis.call('HGETALL', sockets)
for at = 1, #all, 2 do
  found[#found + 1] = all[at]
  found[#found + 1] = all[at + 1]
  found[#found + 1] = redis.call('HKEYS', rooms .. all[at])
end
return found
