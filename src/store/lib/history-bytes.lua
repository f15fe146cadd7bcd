-- uses: format bytes
-- Bounding what a room keeps of its messages, as a post does once each step. Wants the keys `meta`, `history`, and
-- lib/bytes.lua. What a room was granted is packed as lib/grant.lua does.

-- Returns where to look again, and what more the room wants of its owner's quota, nil for nothing. `bytesMax` is what a room
-- keeps at most, `max` the same in messages; `rest` the end of the position, for the ring of events counts too.
-- `beside` are the keys of what goes with the messages (lib/messages/latest.lua).
local function lookAtBytes(id, size, written, bytesMax, max, at, rest, beside)
  local bytes = bytesOf()
  local packed, owner = unpack(redis.call('HMGET', meta, 'granted', 'owner'))
  local limit, ringBytes, step = bytesMax, 0, bytesMax
  local life, ringWritten = struct.unpack(REST, rest)
  local granted, refusedUntil
  if packed then
    granted, refusedUntil = select(2, struct.unpack('>ddd', packed))
    ringBytes = bytes.keptIn('ringMarks', ringWritten)
    step = math.min(limit, granted)
    if at < refusedUntil then
      limit = math.min(limit, granted - ringBytes)
    end
  end
  step = math.max(STEP_MIN, math.floor(step / 8))
  local kept, lookAt = bytes.keepWithin(history, 'marks', id, size, written, limit, step, beside)
  for _, key in ipairs(beside) do
    redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', id - max))
  end
  local needed = math.min(bytesMax, kept + step) + ringBytes
  if granted and at >= refusedUntil and needed > granted then
    -- Twice as much, so that a room that grows asks a few times only (lib/usage.lua does the same).
    return lookAt, { owner, life, needed, math.min(2 * needed + 65536, bytesMax + ringBytes + step) }
  end
  return lookAt
end
