-- uses: clock session
-- A user has lost a room, at a point of the room's log (`roomEpoch`, `roomSeq`): tells the sockets, and takes the room out
-- of the session, unless it was added since, or another room of that name is by now. Follows the room's script; what a crash
-- between them leaves there is found out when the session is read. `who` says which sockets (lib/recipients.lua); an
-- empty `frame` is for who only had the room in its session.
if not openLog(now) then
  return 'gone'
end
if frame ~= '' then
  record(outOf(who, roomName, roomEpoch, roomSeq, ''), frame)
end
local entry = entryOf(roomName)
if entry and entry.life == life and not isEntrySince(entry, roomEpoch, roomSeq) then
  removeEntry('', roomName, entry, openPrefix, privatePrefix, function(to)
    return outOf(to, roomName, roomEpoch, roomSeq, '')
  end)
end
saveInbox()
return position()
