-- uses: direct/pair
-- What the log of a pair keeps, in bytes and in messages: looked at now and then, as more is written to it; `size` is negative of what is kept
-- no more, for who gives and takes back the same all the time does not write it full. Wants the key `reactions`, lib/bytes.lua and the
-- arguments `max` and `bytesMax`.
local function written(id, size)
  log.written = log.written + size
  if size > 0 and log.written >= log.lookAt then
    local step = math.max(STEP_MIN, math.floor(tonumber(bytesMax) / 8))
    local _, lookAt = bytesOf().keepWithin(history, 'marks', id, size, log.written, tonumber(bytesMax), step, { latest, reactions })
    log.lookAt = lookAt
    trimLatest(id - tonumber(max))
  end
end
