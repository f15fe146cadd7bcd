-- uses: inbox/record frame recipients
-- A user's session: `session` maps each room of it to the life of the room (16 bytes), whether it was
-- whitelist-only then ('1' or '0'), a zero byte and the point of the room's log up to which its devices have joined (epoch, a
-- double), and its group. An entry of an earlier version has no point. `synced` has the sockets that take part in it.
-- Wants these keys, and those of lib/inbox/record.lua.
local ENTRY_POINT = '>Bc16d'
local ENTRY_POINT_BYTES = 25

-- The entry of a room; nothing where there is none.
local function entryOf(roomName)
  local packed = redis.call('HGET', session, roomName)
  if not packed then
    return nil
  end
  local entry = { packed = packed, life = string.sub(packed, 1, 16), mode = string.sub(packed, 17, 17) }
  if string.byte(packed, 18) == 0 then
    local _, epoch, seq = struct.unpack(ENTRY_POINT, packed, 18)
    entry.epoch, entry.seq, entry.group = epoch, seq, string.sub(packed, 18 + ENTRY_POINT_BYTES)
  else
    entry.group = string.sub(packed, 18)
  end
  return entry
end

local function writeEntry(roomName, entry)
  local point = struct.pack(ENTRY_POINT, 0, entry.epoch, tonumber(entry.seq))
  redis.call('HSET', session, roomName, entry.life .. entry.mode .. point .. entry.group)
end

-- Whether a device has joined the room after it was lost at a point of the log. Points of two epochs do not compare.
local function isEntrySince(entry, epoch, seq)
  return entry.epoch == epoch and entry.seq >= tonumber(seq)
end

-- Says in a notice that the room of an entry is no more: who had joined that one has lost it, and may not have heard of it.
local function entryIsGone(entry)
  return entry.epoch and function(who, roomName)
    return outOf(who, roomName, entry.epoch, '9007199254740991', '')
  end or about
end

-- Tells the sockets that take part, but for one ('' for none). A socket that waits for the answer to a request about the
-- room hears this in its place (chat/session/held-notices.ts).
local function tellSession(except, roomName, prefix, group, address)
  record((address or about)(syncedBut(except), roomName), prefix .. str(group))
end

-- Takes a room out of the session. The prefixes are those of `$.chat.leave`, of an open room and of a whitelist-only
-- one; `address` says more to those who are told (lib/recipients.lua).
local function removeEntry(except, roomName, entry, openPrefix, privatePrefix, address)
  redis.call('HDEL', session, roomName)
  tellSession(except, roomName, entry.mode == '1' and privatePrefix or openPrefix, entry.group, address)
end
