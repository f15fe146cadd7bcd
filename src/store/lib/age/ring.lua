-- uses: log age/ages
-- Messages that users were told stand in the ring of events of their topics: they go from there as from a history, but for the
-- last minute, which nodes may have to read again. Behind `saveLog` of who announces what was said. Wants the key `events` and
-- the argument `maxAgeMs`, the service's rule.
local RING_AGE_MIN = 60000

local function trimOldEvents()
  local age = tonumber(maxAgeMs)
  if announced > 0 and age > 0 then
    agesOf().keepYoung(events, 'ringAged', log.now, math.max(age, RING_AGE_MIN))
  end
end
