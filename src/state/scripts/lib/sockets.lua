-- A user's sockets on all nodes, as {socket, node, {rooms} …}; both are bounded by limits. Wants the keys `sockets`, `rooms`.

local function knownSockets()
  local found = {}
  local all = redis.call('HGETALL', sockets)
  for at = 1, #all, 2 do
    found[#found + 1] = all[at]
    found[#found + 1] = all[at + 1]
    found[#found + 1] = redis.call('HKEYS', rooms .. all[at])
  end
  return found
end
