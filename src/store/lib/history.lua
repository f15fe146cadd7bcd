-- uses: messages/latest age/ages
-- What of the messages of a room, or of two users, can be seen. Trimming of the stream is approximate (exact trimming costs more
-- than the rest of a post), so readers clamp to the size and the age that are promised. Wants the keys `meta`, `history`, `latest`,
-- an open log, and of who calls `oldestVisible` the argument `maxAgeMs`, the service's rule.

-- The smallest id that readers may see; last + 1 when nothing is kept.
local function oldestVisible()
  local oldest = math.max(oldestKept(), log.id - log.max + 1)
  local ages = agesOf()
  local age = ages.maxAge(maxAgeMs)
  return age == 0 and oldest or ages.firstSince(history, log.now - age, oldest, log.id + 1, overlay())
end

-- The events with ids from..last, oldest first, or with ids last..from, newest first: at most `count`, and no more than
-- fit into `bytesMax`. Read in pages of about what still fits, so that nothing large is read in vain.
local function messagesFrom(from, count, bytesMax, newestFirst)
  local found, bytes = {}, 0
  local at = from
  while #found < count and bytes < bytesMax do
    local page = #found == 0 and 8 or math.max(1, math.floor((bytesMax - bytes) * #found / bytes))
    page = math.min(page, count - #found)
    local entries = entriesBetween(newestFirst and 1 or at, newestFirst and at or log.id, page, newestFirst)
    for _, entry in ipairs(entries) do
      local event = entry[2][2]
      bytes = bytes + #event
      if bytes > bytesMax then
        return found
      end
      found[#found + 1] = event
    end
    if #entries < page then
      return found
    end
    local last = idOf(entries[#entries])
    at = newestFirst and last - 1 or last + 1
  end
  return found
end
