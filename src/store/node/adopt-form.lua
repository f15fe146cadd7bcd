-- uses: clock
-- A node of the build whose form of state is `own` comes in: the state is of that form from here on. One step, so that no two builds
-- make it theirs at once. Where nothing is noted it is of the first one: builds before noted none.
-- Replies: 'newer', a later build has made it its own, which this one does not read; 'older', nodes that hold leases are of an earlier
-- one, and would not read what this one writes.
local kept = tonumber(redis.call('HGET', form, 'number') or 1)
if kept > tonumber(own) then
  return 'newer'
elseif kept < tonumber(own) and redis.call('ZCOUNT', nodes, string.format('(%.0f', now), '+inf') > 0 then
  return 'older'
end
redis.call('HSET', form, 'number', own)
