-- uses: direct/pair messages/authored
-- A page of what a user wrote to another one, from behind the id `after` on: not what an earlier user of its name did.
if not openLog(now) then
  return 'noPair'
end
local function own(event)
  return readMessage(event) == user
end
local from = math.max(tonumber(after) + 1, firstSeenBy(user))
local found, next = authoredFrom(from, own, tonumber(lookMax), tonumber(bytesMax), tonumber(limit))
return { next, found, redis.call('EXISTS', reactions) }
