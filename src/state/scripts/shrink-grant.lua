-- Looks whether a room that is noted as owned is there and its owner's, and takes from it what it was granted and does not
-- use, but for `bytesMin`. The note on the owner's slot follows (settle-owned.lua), so it never says less than is granted.
-- Replies: 'gone' | {names, bytes}: what it has now.
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
