-- uses: conduct/format
-- What of a room bears on each post to it: `conduct`, a field of `meta`, packed, which an ordinary room has not. Wants the key `meta`.
-- `writers`: 0 all, 1 the owner and admins, 2 the owner; `hasSilenced`: 1 where `silenced` is not empty; `tellsMembers`: 1 where the
-- roster has 1 to 100 members; `kind`: 0 normal, 1 transient, 2 temporary; `slowMs`: between two posts of one user, 0 for none;
-- `endsAt`: when a temporary room ends, in ms, else 0. post-messages.lua reads it by itself.

local function conductOf()
  local packed = redis.call('HGET', meta, 'conduct')
  local c = { writers = 0, hasSilenced = 0, tellsMembers = 0, kind = 0, slowMs = 0, endsAt = 0 }
  if packed then
    c.writers, c.hasSilenced, c.tellsMembers, c.kind, c.slowMs, c.endsAt = struct.unpack(CONDUCT, packed)
  end
  return c
end

local function saveConduct(c)
  if c.writers == 0 and c.hasSilenced == 0 and c.tellsMembers == 0 and c.kind == 0 and c.slowMs == 0 and c.endsAt == 0 then
    redis.call('HDEL', meta, 'conduct')
  else
    redis.call('HSET', meta, 'conduct',
      struct.pack(CONDUCT, c.writers, c.hasSilenced, c.tellsMembers, c.kind, c.slowMs, c.endsAt))
  end
end
