-- uses: access conduct
-- Who may not post in a room: `silenced` has until when, in ms by Redis's clock, `FOR_GOOD` for ever. From that time on nobody is
-- silenced by it (post-messages.lua), and here it is taken out, some at a time. Wants this key, those of lib/access.lua, and lib/clock.lua
-- before it.
local ENDED_SILENCES = 1000

-- Owner and admins silence others, the owner admins too, and so does the service.
local function maySilence(user, trusted, named)
  if trusted == '1' or isOwner(user) then
    return true
  end
  if not isOwnerOrAdmin(user) then
    return false
  end
  for _, name in ipairs(named) do
    if isOwnerOrAdmin(name) then
      return false
    end
  end
  return true
end

local function forgetEndedSilences()
  local ended = redis.call('ZRANGEBYSCORE', silenced, '-inf', int(now), 'LIMIT', 0, ENDED_SILENCES)
  if #ended > 0 then
    redis.call('ZREM', silenced, unpack(ended))
  end
end

-- After every change of `silenced`.
local function noteSilenced()
  local c = conductOf()
  local has = redis.call('EXISTS', silenced)
  if c.hasSilenced ~= has then
    c.hasSilenced = has
    saveConduct(c)
  end
end
