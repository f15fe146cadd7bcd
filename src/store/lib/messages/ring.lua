-- uses: format
-- Notices in a ring of events that are to say less than they did. Streams cannot be edited, and a ring is short (lib/log.lua), so it is
-- written anew: in one step, so that nobody reads it in between. So is a user's inbox. Wants the key `events`, where no other stream is named.

-- Gives events other frames: `frameOf(seq, frame)` is the new one, nil where it stays.
local function replaceInRing(frameOf, stream)
  stream = stream or events
  local entries, isAny = redis.call('XRANGE', stream, '-', '+'), false
  for _, entry in ipairs(entries) do
    local event = entry[2][2]
    local _, seq, _, _, _, _, _, length = struct.unpack(HEADER, event)
    local frame = frameOf(seq, string.sub(event, 62 + length))
    if frame then
      entry[2][2], isAny = string.sub(event, 1, 61 + length) .. frame, true
    end
  end
  if not isAny then
    return
  end
  local ttl = redis.call('PTTL', stream)
  redis.call('UNLINK', stream)
  for _, entry in ipairs(entries) do
    redis.call('XADD', stream, entry[1], 'e', entry[2][2])
  end
  if ttl > 0 then
    redis.call('PEXPIRE', stream, ttl)
  end
end
