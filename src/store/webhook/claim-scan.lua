-- uses: clock
-- One node at a time looks at all rooms, for what dead nodes have left: this one, for `leaseMs` from now, unless another one does.
local scanner, till = unpack(redis.call('HMGET', meta, 'scanner', 'scanUntil'))
local leftMs = (tonumber(till) or 0) - now
if scanner and scanner ~= node and leftMs > 0 and leftMs <= tonumber(leaseMs) then
  return 0
end
redis.call('HSET', meta, 'scanner', node, 'scanUntil', string.format('%.0f', now + tonumber(leaseMs)))
return 1
