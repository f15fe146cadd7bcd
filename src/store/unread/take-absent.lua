-- uses: clock access conduct
-- Who belongs to a room and is not in it, to be told that something was said there: at most once in `pauseMs` of a room, whichever
-- node asks. One step, which notes up to which message they are told, so that no two nodes tell the same; `told` where that was
-- the last one. Within the pause it gives how long to wait: somebody comes back then, or by what is said next.
local TOLD = '>dd'
if not openLog(now) then
  return 'noRoom'
end
local packed = redis.call('HGET', meta, 'absentTold')
local toldAt, toldId = 0, 0
if packed then
  toldAt, toldId = struct.unpack(TOLD, packed)
end
if log.id == toldId or conductOf().tellsMembers == 0 then
  return 'told'
end
local leftMs = toldAt + pauseMs - now
-- Where it were longer the clock was set back.
if leftMs > 0 and leftMs <= tonumber(pauseMs) then
  return { leftMs, {} }
end
local members = redis.call('ZRANGE', roster, '0', '-1')
local here = #members > 0 and redis.call('HMGET', occupants, unpack(members)) or {}
local absent, mayBan = {}, redis.call('EXISTS', blacklist) == 1
for i, name in ipairs(members) do
  if not here[i] and not (mayBan and isBanned(name) and not isOwnerOrAdmin(name)) then
    absent[#absent + 1] = name
  end
end
if #absent == 0 then
  return 'told'
end
redis.call('HSET', meta, 'absentTold', struct.pack(TOLD, now, log.id))
return { 0, absent }
