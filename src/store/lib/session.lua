-- uses: log frame
-- A user's session: `session` maps each room that is filed to the life of the room (16 bytes), whether it was
-- whitelist-only then ('1' or '0'), and its group. `synced` has the sockets that take part in it.
-- Wants these keys, lib/log.lua and lib/frame.lua.

-- Life, mode and group of a filing; nothing where the room is not filed.
local function filedAs(roomName)
  local entry = redis.call('HGET', session, roomName)
  if entry then
    return string.sub(entry, 1, 16), string.sub(entry, 17, 17), string.sub(entry, 18)
  end
end

-- Tells the sockets that take part, but for one ('' for none). The second line of the subject is the room: a socket that
-- waits for the answer to a request about it hears this in its place (chat/session/session-turns.ts).
local function tellSession(except, roomName, head, group)
  if redis.call('SCARD', synced) > redis.call('SISMEMBER', synced, except) then
    announce(NOTICE, '+' .. except .. '\n' .. roomName, head .. str(group))
  end
end

-- Takes a room out of the session, if it is there: by any name's life, or only by that one. The heads are those of
-- `$.chat.leave`, of an open room and of a whitelist-only one. Returns whether it was there.
local function unfile(except, roomName, life, openHead, privateHead)
  local filedLife, mode, group = filedAs(roomName)
  if not filedLife or (life and life ~= filedLife) then
    return false
  end
  redis.call('HDEL', session, roomName)
  tellSession(except, roomName, mode == '1' and privateHead or openHead, group)
  return true
end
