-- What a node's lease says of its sockets. Whether it has run out is for the reader to see (claim-lease.lua).
local found = redis.call('HMGET', lease, 'expires', 'claimed', 'draining', 'term')
if not found[1] then
  return 'gone'
end
if found[2] == '1' then
  return 'claimed'
end
if found[3] and found[3] ~= '0' then
  return 'draining'
end
return { found[1], found[4] or '0' }
