-- uses: clock session leaving
-- The user's side of a join by a socket that takes part in the session: echoes it as echo-user.lua does, and files the
-- room, or moves it to the group that is named. One step, so that of two devices that join at once one files
-- the room and the other finds it filed, and that what they are told has one order.
-- `frame` is empty where the socket was in the room already; `group` where none is named: then the room stays where it
-- is filed, and goes under `fallback` where it is not. A filing by another life is of a room that is gone. `fresh` is '1'
-- where the room had not kept that this user's session has it: an older filing is of before the user lost the room, and that
-- has yet to come here (lose-room.lua).
-- A leave that takes this socket out of the room and was never finished, its node having died, is not to be finished for
-- it any more (begin-leave.lua).
if not openLog(now) then
  return 'gone'
end
local filed = filedAs(roomName)
if not filed and redis.call('HLEN', session) >= tonumber(roomsMax) then
  return 'full'
end
for field, left in pairs(leavesOf(roomName)) do
  local others = {}
  local list, entryAt = string.match(left, '^([^\n]*)(.*)$')
  for entry in string.gmatch(list, '%S+') do
    if entry ~= socket .. '@' .. node then
      others[#others + 1] = entry
    end
  end
  redis.call('HSET', leaving, field, table.concat(others, ' ') .. entryAt)
end
echo(allBut(except), except, frame, njoined)
local isSince = filed and isFiledSince(filed, roomEpoch, roomSeq)
local isNew = not filed or filed.life ~= life or (fresh == '1' and not isSince)
if isNew or (group ~= '' and group ~= filed.group) then
  if filed then
    -- An older filing of the same room: who had joined then has lost it, and may not have heard of that.
    local address = about
    if filed.life ~= life then
      address = filedRoomIsGone(filed)
    elseif isNew then
      address = function(who)
        return outOf(who, roomName, roomEpoch, roomSeq, '')
      end
    end
    -- Of a room that moves the answer names the group; that it was out of the session tells nobody but this.
    unfile(isNew and '' or except, roomName, filed, openPrefix, privatePrefix, address)
  end
  local into = group == '' and fallback or group
  -- A room that moves keeps the point of who has joined later.
  local at = isSince and filed or { epoch = roomEpoch, seq = roomSeq }
  file(roomName, { life = life, mode = mode, epoch = at.epoch, seq = at.seq, group = into })
  tellSession(except, roomName, joinPrefix, into)
elseif not isSince then
  file(roomName, { life = life, mode = filed.mode, epoch = roomEpoch, seq = roomSeq, group = filed.group })
end
local left = redis.call('PTTL', meta)
if left > 0 then
  -- The last socket went while this one joined: the session goes with the rest (logout-user.lua).
  redis.call('PEXPIRE', session, left)
end
saveLog()
return { position(), isNew and 1 or 0 }
