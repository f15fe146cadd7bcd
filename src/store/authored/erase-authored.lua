-- uses: clock messages/authored messages/notices
-- Leaves tombstones of what a user wrote to a room, from behind the id `after` on: one step of many, and each may be done again. What
-- is not seen any more, and not trimmed yet, is erased too. What was told of changes of these messages goes with them.
if not openLog(now) then
  return 'noRoom'
end
local maps = redis.call('HEXISTS', meta, 'change') == 1 and messageMaps()
local erased, isAny = {}, false
local function own(event, entry)
  local isOwn = isMarked(event, mark, middle)
  if isOwn and maps then
    local message = maps.open(event)
    erased[idOf(entry)] = { version = maps.versionOf(message), rest = { { 'by', '\192' } } }
    isAny = true
  end
  return isOwn
end
if after == '0' then
  trimLatest(oldestVisible())
end
local reply = eraseFrom(tonumber(after) + 1, own, tonumber(lookMax), tonumber(bytesMax), prefix, middle)
if isAny then
  scrubRing(maps, erased)
end
return reply
