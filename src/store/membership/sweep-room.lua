-- Begins, or goes on, sweeping a dead node out of a room: the tombstone first, so that nothing of that node can join
-- any more, then a page of what is left of it.
redis.call('SET', tomb .. node, '1', 'PX', tombMs)
-- A scan looks at a bounded part of the table and may find nothing in it, all the more after what earlier pages took
-- out: only the end of the scan says that nothing is left.
local cursor, found = '0', {}
repeat
  local scanned = redis.call('HSCAN', perNode .. node, cursor, 'COUNT', pageMax)
  cursor, found = scanned[1], scanned[2]
until #found > 0 or cursor == '0'
return found
