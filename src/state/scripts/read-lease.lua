-- What a node's lease says of its sockets, by Redis's clock.
-- Replies: 'gone' | 'claimed' | 'draining' | the ms that are left of it, 0 where it has run out.
local found = redis.call('HMGET', lease, 'expires', 'claimed', 'draining')
if not found[1] then
  return 'gone'
end
if found[2] == '1' then
  return 'claimed'
end
if found[3] and found[3] ~= '0' then
  return 'draining'
end
return math.max(0, tonumber(found[1]) - now)
