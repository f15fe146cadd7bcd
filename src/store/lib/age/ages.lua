-- uses: format
-- How old what a stream of a topic holds may be: ms, 0 for ever. What is older is not given and goes. A room may have a rule
-- of its own (`maxAge`, a field of `meta`), which wins over the service's, an argument. The log's clock decides, in the step
-- that reads or writes. Wants the key `meta`. One function makes the others, as lib/bytes.lua has it.
-- Writers take out what is too old, and let the stream expire by itself once its newest entry is, so that what nobody writes
-- to any more goes too. They look where something can be due: each sixteenth of the age, and at once where the age is another
-- one. What was noted of that (`aged` of the history, `ringAged` of the events, fields of `meta`): the age, and when to look again.
local AGED = '>dd'
local AGE_STEP_MIN, AGE_SLACK = 1000, 2000
-- Entries that one step takes out.
local AGE_PAGE = 5000

local function agesOf()
  local function numberIn(entry)
    return tonumber(string.match(entry[1], '^%d+'))
  end

  -- The number and the time of the first entry from a number on, of the stream or, where there is one, of the overlay; nil where
  -- there is none.
  local function entryFrom(stream, overlay, from)
    local number = string.format('%.0f', from)
    local entry = redis.call('XRANGE', stream, number, '+', 'COUNT', 1)[1]
    local found, event = entry and numberIn(entry), entry and entry[2][2]
    if overlay and found ~= from then
      local changed = redis.call('ZRANGEBYSCORE', overlay, number, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
      if changed[1] and (not found or tonumber(changed[2]) < found) then
        found, event = tonumber(changed[2]), changed[1]
      end
    end
    if found then
      return found, select(4, struct.unpack(HEADER, event))
    end
  end

  -- The smallest number, from `first` on and before `past`, from which on entries are of that time or later; `past` where there
  -- is none. By growing steps, then by halves: it is near the beginning, mostly. `overlay` has those that are not in the stream any
  -- more (lib/messages/latest.lua), where it has any.
  local function firstSince(stream, time, first, past, overlay)
    local low, high, step = first, past, 1
    while low < high do
      local probe = step and math.min(low + step, high) - 1 or math.floor((low + high) / 2)
      local found, at = entryFrom(stream, overlay, probe)
      if found and at < time then
        low, step = found + 1, step and 2 * step
      else
        high, step = probe, nil
      end
    end
    return math.min(low, past)
  end

  local function maxAge(service)
    return tonumber(redis.call('HGET', meta, 'maxAge') or service)
  end

  -- How long after a look the stream may still be there.
  local function lastsFor(age)
    return age + math.max(AGE_STEP_MIN, math.floor(age / 16)) + AGE_SLACK
  end

  -- Behind an append. `beside` are the sorted sets by the numbers of its entries that go with it (lib/messages/latest.lua), if there can be
  -- any: the first of them has versions of some of them.
  -- Returns whether more is to be taken out than `pageMax` entries.
  local function keepYoung(stream, field, at, service, beside, pageMax)
    beside = beside or {}
    local overlay = beside[1]
    local own, noted = unpack(redis.call('HMGET', meta, 'maxAge', field))
    local age, known, due = tonumber(own or service), 0, 0
    if noted then
      known, due = struct.unpack(AGED, noted)
    end
    if age == 0 then
      if noted then
        redis.call('PERSIST', stream)
        for _, key in ipairs(beside) do
          redis.call('PERSIST', key)
        end
        redis.call('HDEL', meta, field)
      end
      return false
    end
    if age == known and at < due then
      return false
    end
    local first, hasMore = entryFrom(stream, overlay, 0), false
    if first then
      local past = first + (pageMax or AGE_PAGE)
      local young = firstSince(stream, at - age, first, past, overlay)
      if young > first then
        redis.call('XTRIM', stream, 'MINID', string.format('%.0f', young))
        for _, key in ipairs(beside) do
          redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('(%.0f', young))
        end
      end
      hasMore = young == past
    end
    due = hasMore and at or at + math.max(AGE_STEP_MIN, math.floor(age / 16))
    redis.call('HSET', meta, field, struct.pack(AGED, age, due))
    redis.call('PEXPIREAT', stream, string.format('%.0f', at + lastsFor(age)))
    for _, key in ipairs(beside) do
      redis.call('PEXPIREAT', key, string.format('%.0f', at + lastsFor(age)))
    end
    return hasMore
  end

  return { firstSince = firstSince, maxAge = maxAge, lastsFor = lastsFor, keepYoung = keepYoung }
end
