-- uses: clock session
-- A user has lost a room, at a point of the room's log (`roomEpoch`, `roomSeq`): tells the sockets, and takes the room out
-- of the session, unless it was filed since, or another room of that name is by now. Follows the room's script; what a crash
-- between them leaves filed is found out when the session is read. `who` says which sockets (lib/recipients.lua); an
-- empty `frame` is for who only had the room filed.
if not openLog(now) then
  return 'gone'
end
if frame ~= '' and redis.call('HLEN', sockets) > 0 then
  announce(NOTICE, outOf(who, roomName, roomEpoch, roomSeq, ''), frame)
end
local filed = filedAs(roomName)
if filed and filed.life == life and not isFiledSince(filed, roomEpoch, roomSeq) then
  unfile('', roomName, filed, openPrefix, privatePrefix, function(to)
    return outOf(to, roomName, roomEpoch, roomSeq, '')
  end)
end
saveLog()
return position()
