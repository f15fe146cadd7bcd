-- Takes over what somebody has begun and not finished of a contact: the note gets a version of who goes on.
local noted = redis.call('HGET', contactsDue, other)
if not noted then
  return 'none'
end
local op, adds = string.match(noted, '^%S+ (%S+) (%d)')
redis.call('HSET', contactsDue, other, version .. ' ' .. op .. ' ' .. adds)
return { op, tonumber(adds) }
