-- Begins sweeping a dead node out of a user: the tombstone, then the sockets it had.
redis.call('SET', tomb .. node, '1', 'PX', tombMs)
local found = {}
local all = redis.call('HGETALL', sockets)
for at = 1, #all, 2 do
  if all[at + 1] == node then
    found[#found + 1] = all[at]
  end
end
return found
