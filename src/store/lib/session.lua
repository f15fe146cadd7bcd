-- uses: log frame recipients
-- A user's session: `session` maps each room that is filed to the life of the room (16 bytes), whether it was
-- whitelist-only then ('1' or '0'), a zero byte and the point of the room's log up to which its devices have joined (epoch, a
-- double), and its group. What an earlier version has filed has no point. `synced` has the sockets that take part in it.
-- Wants these keys.
local FILED_POINT = '>Bc16d'
local FILED_POINT_BYTES = 25

-- A filing; nothing where the room is not filed.
local function filedAs(roomName)
  local entry = redis.call('HGET', session, roomName)
  if not entry then
    return nil
  end
  local filed = { entry = entry, life = string.sub(entry, 1, 16), mode = string.sub(entry, 17, 17) }
  if string.byte(entry, 18) == 0 then
    local _, epoch, seq = struct.unpack(FILED_POINT, entry, 18)
    filed.epoch, filed.seq, filed.group = epoch, seq, string.sub(entry, 18 + FILED_POINT_BYTES)
  else
    filed.group = string.sub(entry, 18)
  end
  return filed
end

local function file(roomName, filed)
  local point = struct.pack(FILED_POINT, 0, filed.epoch, tonumber(filed.seq))
  redis.call('HSET', session, roomName, filed.life .. filed.mode .. point .. filed.group)
end

-- Whether a device has joined the room after it was lost at a point of the log. Points of two epochs do not compare.
local function isFiledSince(filed, epoch, seq)
  return filed.epoch == epoch and filed.seq >= tonumber(seq)
end

-- Says in a notice that the room as it was filed is no more: who had joined that one has lost it, and may not have heard of it.
local function filedRoomIsGone(filed)
  return filed.epoch and function(who, roomName)
    return outOf(who, roomName, filed.epoch, '9007199254740991', '')
  end or about
end

-- Tells the sockets that take part, but for one ('' for none). A socket that waits for the answer to a request about the
-- room hears this in its place (chat/session/held-notices.ts).
local function tellSession(except, roomName, prefix, group, address)
  if redis.call('SCARD', synced) > redis.call('SISMEMBER', synced, except) then
    announce(NOTICE, (address or about)(syncedBut(except), roomName), prefix .. str(group))
  end
end

-- Takes a room that is filed out of the session. The prefixes are those of `$.chat.leave`, of an open room and of a whitelist-only
-- one; `address` says more to those who are told (lib/recipients.lua).
local function unfile(except, roomName, filed, openPrefix, privatePrefix, address)
  redis.call('HDEL', session, roomName)
  tellSession(except, roomName, filed.mode == '1' and privatePrefix or openPrefix, filed.group, address)
end
