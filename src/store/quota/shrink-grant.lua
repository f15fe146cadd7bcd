-- uses: clock usage
-- Looks whether a room that is noted as owned is there and its owner's, and takes from it what it was granted and does not
-- use, but for `bytesMin`. Not where it was noted (`notedAt`) less than `youngMs` ago, for it may be about to be made. The note on the owner's slot follows (record-owned.lua), so it never says less than is granted.
-- It tells what the room has now.
-- Either way, for the clocks of two servers differ.
if math.abs(now - tonumber(notedAt)) < tonumber(youngMs) then
  return 'young'
end
if not openLog() or log.life ~= life or redis.call('HGET', meta, 'owner') ~= owner then
  return 'gone'
end
local names, bytes, refusedUntil = grantOf()
if not names then
  return { 0, 0 }
end
names = math.min(names, namesIn())
bytes = math.min(bytes, math.max(bytesIn(), tonumber(bytesMin)))
saveGrant(names, bytes, refusedUntil)
return { names, bytes }
