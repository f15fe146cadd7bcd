-- Writes down on the owner's slot what a room has of the quota after all, or that there is no such room of this owner
-- (`names` ''). `seen` is the note that this is about: another one by now stays as it is; '' for any.
-- The cursor is where the next look at the notes goes on, '' to leave that.
local noted = redis.call('HGET', owned, room)
local sums = redis.call('HGET', owned, ':')
if not sums then
  return
end
local allNames, allBytes, lookedAt, cursor = string.match(sums, '^(%d+) (%d+) (%d+) (%d+)$')
if noted and seen ~= '' and noted ~= seen then
  return 'changed'
end
if noted then
  local hasNames, hasBytes, at = string.match(noted, '^(%d+) (%d+) (%d+)$')
  allNames, allBytes = allNames - hasNames, allBytes - hasBytes
  redis.call('HDEL', owned, room)
  if names ~= '' then
    redis.call('HSET', owned, room, names .. ' ' .. bytes .. ' ' .. at)
    allNames, allBytes = allNames + names, allBytes + bytes
  end
end
if redis.call('HLEN', owned) == 1 then
  redis.call('UNLINK', owned)
else
  redis.call('HSET', owned, ':', string.format('%.0f %.0f %s %s', allNames, allBytes, lookedAt, next == '' and cursor or next))
end
