-- uses: clock conduct/silenced
-- A page of who may not post in a room, about `limit` names, as a scan gives it (lib/pages.lua); of each until when, -1 for good.
if not openLog() then
  return 'noRoom'
end
if not mayRead(user, trusted) then
  return 'notJoined'
end
forgetEndedSilences()
noteSilenced()
local scanned = redis.call('ZSCAN', silenced, cursor == '' and '0' or cursor, 'COUNT', limit)
local found = {}
for at = 1, #scanned[2], 2 do
  local ends = tonumber(scanned[2][at + 1])
  if ends > now then
    found[#found + 1] = scanned[2][at]
    found[#found + 1] = int(ends == FOR_GOOD and -1 or ends)
  end
end
return { found, scanned[1] == '0' and '' or scanned[1] }
