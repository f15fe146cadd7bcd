-- How many bytes a stream of a topic holds. What was ever written is counted in the position; `marks`, a field of `meta`,
-- has of a few entries what had been written before them (pairs of doubles: number of the entry, bytes). So it is known
-- to a step how much is kept, and what is too much is trimmed, without looking at the entries. An append costs a
-- comparison; only each `step` bytes something is looked at. Wants the key `meta`. One function makes the others, when they
-- are wanted: posts, which hardly ever do, pay for each that is made.
local MARK = '>dd'
local STEP_MIN = 4096
-- What an entry takes besides its bytes, about.
local ENTRY_BYTES = 24

local function bytesOf()
  local function marksOf(field)
    local packed = redis.call('HGET', meta, field)
    local numbers, totals = { 0 }, { 0 }
    if packed then
      numbers, totals = {}, {}
      for at = 1, #packed, 16 do
        numbers[#numbers + 1], totals[#totals + 1] = struct.unpack(MARK, packed, at)
      end
    end
    return numbers, totals
  end

  -- Bytes that a stream holds, at most: too many by a step. Where the stream itself is given, what has gone from it by its age
  -- since something was written is not counted.
  local function keptIn(field, written, stream)
    local numbers, totals = marksOf(field)
    local entry = stream and redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    if stream and not entry then
      return 0
    end
    local oldest, from = entry and tonumber(string.match(entry[1], '^%d+')) or 0, 1
    while from < #numbers and numbers[from + 1] <= oldest do
      from = from + 1
    end
    return written - totals[from]
  end

  -- Trims a stream so that it will hold at most `limit` bytes until a step more is written. `next` is the number of the
  -- entry that is about to be appended, whose `size` bytes are in `written` already: that one stays whatever the limit.
  -- `beside` are the sorted sets by the numbers of the entries that go with them (lib/messages/latest.lua), where there may be any. Returns the
  -- bytes that are kept, and where to look again.
  local function keepWithin(stream, field, next, size, written, limit, step, beside)
    local numbers, totals = marksOf(field)
    numbers[#numbers + 1], totals[#totals + 1] = next, written - size
    local entry = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    local oldest = entry and tonumber(string.match(entry[1], '^%d+')) or next
    -- Entries go by their number too: what was before the oldest one is not held any more.
    local from = 1
    while from < #numbers and numbers[from + 1] <= oldest do
      from = from + 1
    end
    local first = from
    while first < #numbers and written - totals[first] + step > limit do
      first = first + 1
    end
    if first > from then
      redis.call('XTRIM', stream, 'MINID', string.format('%.0f', numbers[first]))
      for _, key in ipairs(beside or {}) do
        redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('(%.0f', numbers[first]))
      end
    end
    local marks = {}
    for at = first, #numbers do
      marks[#marks + 1] = struct.pack(MARK, numbers[at], totals[at])
    end
    redis.call('HSET', meta, field, table.concat(marks))
    return written - totals[first], written + step
  end

  return { keepWithin = keepWithin, keptIn = keptIn }
end
