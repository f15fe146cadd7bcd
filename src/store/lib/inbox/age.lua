-- uses: inbox/record age/ages
-- Messages that users were told stand in their inboxes, or where none is kept in the ring of events: they go from there as from a
-- history, but for the last minute, which nodes may have to read again. Behind the last write of who has told what was said. Wants
-- the keys `events` and `history`, and the argument `maxAgeMs`, the service's rule.
local TOLD_AGE_MIN = 60000

local function trimOldNotices()
  local age = tonumber(maxAgeMs)
  if announced == 0 or (age == 0 and not isAged) then
    return
  end
  local isKept = log.max > 0
  age = age == 0 and 0 or math.max(age, TOLD_AGE_MIN)
  local stays = not isKept and redis.call('PTTL', events) < 0
  agesOf().keepYoung(isKept and history or events, isKept and 'aged' or 'ringAged', log.now, age)
  if stays then
    -- It has other notices, too, that nodes may have to read again.
    redis.call('PERSIST', events)
  end
  if isKept then
    goWithUser()
  end
end
