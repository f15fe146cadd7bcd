-- Notes when a node's lease will have run out, for those who look for nodes to sweep: a hint, the lease itself decides. A
-- script because Redis refuses a plain ZADD when it is full. With it goes the form of state that the node's build is made for
-- (adopt-form.lua): a failover may have lost it, and who was away for its whole lease may find a later build in its place.
-- Replies: 'newer', nodes of a later build have come in, and nothing was noted but an end.
local kept = tonumber(redis.call('HGET', form, 'number') or 0)
if kept > tonumber(own) and tonumber(expires) > 0 then
  return 'newer'
elseif kept < tonumber(own) then
  redis.call('HSET', form, 'number', own)
end
redis.call('ZADD', nodes, expires, node)
