-- What a room may take of its owner's quota: `granted`, a field of `meta`, has the names in its lists, the bytes of its
-- history and its ring of events, and until when asking for more bytes is in vain. The quota itself is on the owner's
-- slot (grant-owned.lua), which no script of a room can see. A room without that field has no quota.
-- Wants the key `meta`.
local GRANT = '>ddd'

-- Names, bytes, time; nothing where the room has no quota.
local function grantOf()
  local packed = redis.call('HGET', meta, 'granted')
  if packed then
    return struct.unpack(GRANT, packed)
  end
end

local function saveGrant(names, bytes, refusedUntil)
  redis.call('HSET', meta, 'granted', struct.pack(GRANT, names, bytes, refusedUntil))
end
