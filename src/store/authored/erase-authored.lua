-- uses: clock messages/authored
-- Leaves tombstones of what a user wrote to a room, from behind the id `after` on: one step of many, and each may be done again. What
-- is not seen any more, and not trimmed yet, is erased too.
if not openLog(now) then
  return 'noRoom'
end
local function own(event)
  return isMarked(event, mark, middle)
end
if after == '0' then
  trimLatest(oldestVisible())
end
return eraseFrom(tonumber(after) + 1, own, tonumber(lookMax), tonumber(bytesMax), prefix, middle)
