-- What of a room's messages can be seen. Trimming of the stream is approximate (exact trimming costs more than the
-- rest of a post), so readers clamp to the size the room promises. Wants the keys `meta`, `history` and an open log.

-- The smallest id that readers may see; last + 1 when nothing is kept.
local function oldestVisible()
  local entry = redis.call('XRANGE', history, '-', '+', 'COUNT', 1)[1]
  local kept = entry and tonumber(string.match(entry[1], '^%d+')) or (log.id + 1)
  return math.max(kept, log.id - log.max + 1)
end

-- The events with ids from..last, oldest first, at most `count`.
local function messagesFrom(from, count)
  local found = {}
  if count > 0 then
    for _, entry in ipairs(redis.call('XRANGE', history, int(from), '+', 'COUNT', count)) do
      found[#found + 1] = entry[2][2]
    end
  end
  return found
end
