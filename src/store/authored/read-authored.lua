-- uses: clock access messages/authored
-- What a user has to do with a room, and a page of what it wrote there, from behind the id `after` on: one step for what is of one
-- room, so that a room that is gone is not told of by half.
if not openLog(now) then
  return 'noRoom'
end
local function own(event)
  return isMarked(event, mark, middle)
end
local from = math.max(tonumber(after) + 1, oldestVisible())
local found, next = authoredFrom(from, own, tonumber(lookMax), tonumber(bytesMax), tonumber(limit))
return {
  redis.call('HGET', meta, 'owner') == user and 1 or 0,
  redis.call('HEXISTS', occupants, user),
  redis.call('SISMEMBER', adminlist, user), redis.call('SISMEMBER', whitelist, user), isBanned(user) and 1 or 0,
  redis.call('ZSCORE', roster, user) and 1 or 0,
  next, found, redis.call('EXISTS', reactions),
}
