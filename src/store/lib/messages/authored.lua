-- uses: history
-- What one user wrote in a log, a page at a time. `own(event, entry)` says whether an event is its own. At most `lookMax` entries and
-- about `bytesMax` bytes are looked at in one step, so that nobody waits for it. Wants the keys `meta`, `history`, `latest` and an
-- open log.
local STEP = 50

-- The events from an id on, at most `limit`, and the id from which to go on; 0 at the end.
local function authoredFrom(from, own, lookMax, bytesMax, limit)
  local found, looked, bytes = {}, 0, 0
  while looked < lookMax and bytes < bytesMax do
    local step = math.min(STEP, lookMax - looked)
    local entries = entriesBetween(from, log.id, step)
    for _, entry in ipairs(entries) do
      local event = entry[2][2]
      from, looked, bytes = idOf(entry) + 1, looked + 1, bytes + #event
      if own(event, entry) then
        found[#found + 1] = event
        if #found == limit then
          return found, from
        end
      end
    end
    if #entries < step then
      return found, 0
    end
  end
  return found, from
end

-- A message of a room names its author last before its time: `mark` is that, in MessagePack, up to the time, and `middle` what is
-- between time and id (src/protocol/wire/message-frame.ts). Numbers take eight bytes each.
local function isMarked(event, mark, middle)
  local last = #event - 16 - #middle
  return string.sub(event, last - #mark + 1, last) == mark
end

-- Leaves tombstones of what is its own, from an id on. Returns whether the stream is to be written anew, and where to go on, 0 at
-- the end. Done again it changes nothing.
local function eraseFrom(from, own, lookMax, bytesMax, prefix, middle)
  local function erase(event, entry)
    if own(event, entry) then
      local tombstone = tombstoneOf(event, prefix, middle)
      if event ~= tombstone then
        replaceEntry(entry, tombstone)
      end
    end
    return false
  end
  local _, next = authoredFrom(from, erase, lookMax, bytesMax, 0)
  return { redis.call('HEXISTS', meta, 'dirty'), next }
end
