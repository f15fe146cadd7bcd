-- uses: clock session
-- The user's side of a join by a socket that takes part in the session: echoes it as echo-user.lua does, and adds the
-- room to the session, or moves it to the group that is named. One step, so that of two devices that join at once one adds
-- the room and the other finds it there, and that what they are told has one order.
-- `frame` is empty where the socket was in the room already; `group` where none is named: then the room stays where it
-- is, and goes under `fallback` where it is nowhere. An entry by another life is of a room that is gone. `fresh` is '1'
-- where the room had not kept that this user's session has it: an older entry is of before the user lost the room, and that
-- has yet to come here (lose-room.lua).
-- A leave that takes this socket out of the room and was never finished, its node having died, is not to be finished for
-- it any more (begin-leave.lua).
if not openLog(now) then
  return 'gone'
end
local entry = entryOf(roomName)
if not entry and redis.call('HLEN', session) >= tonumber(roomsMax) then
  return 'full'
end
local leaves = redis.call('HGETALL', leaving)
for at = 1, #leaves, 2 do
  if string.match(leaves[at], '^%S+ %S+ (.*)$') == roomName then
    local others = {}
    local list, entryAt = string.match(leaves[at + 1], '^([^\n]*)(.*)$')
    for one in string.gmatch(list, '%S+') do
      if one ~= socket .. '@' .. node then
        others[#others + 1] = one
      end
    end
    redis.call('HSET', leaving, leaves[at], table.concat(others, ' ') .. entryAt)
  end
end
echo(allBut(except), except, frame, njoined)
local isSince = entry and isEntrySince(entry, roomEpoch, roomSeq)
local isNew = not entry or entry.life ~= life or (fresh == '1' and not isSince)
if isNew or (group ~= '' and group ~= entry.group) then
  if entry then
    -- An older entry of the same room: who had joined then has lost it, and may not have heard of that.
    local address = about
    if entry.life ~= life then
      address = entryIsGone(entry)
    elseif isNew then
      address = function(who)
        return outOf(who, roomName, roomEpoch, roomSeq, '')
      end
    end
    -- Of a room that moves the answer names the group; that it was out of the session tells nobody but this.
    removeEntry(isNew and '' or except, roomName, entry, openPrefix, privatePrefix, address)
  end
  local into = group == '' and fallback or group
  -- A room that moves keeps the point of who has joined later.
  local at = isSince and entry or { epoch = roomEpoch, seq = roomSeq }
  writeEntry(roomName, { life = life, mode = mode, epoch = at.epoch, seq = at.seq, group = into })
  tellSession(except, roomName, joinPrefix, into)
elseif not isSince then
  writeEntry(roomName, { life = life, mode = entry.mode, epoch = roomEpoch, seq = roomSeq, group = entry.group })
end
if leftMs() > 0 then
  -- The last socket went while this one joined: the session goes with the rest (logout-user.lua).
  redis.call('PEXPIRE', session, leftMs())
end
saveInbox()
return { position(), isNew and 1 or 0 }
