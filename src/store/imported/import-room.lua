-- uses: clock history history-bytes messages/imported
-- Imports messages into a room in which nothing else was said yet, a batch at a time: one step, so that nothing is said in between, and a
-- batch that comes twice is written once. Ids go on from the last one, the room keeps what it would keep of posts. Behind the
-- messages come who is mentioned last, and where, as lib/occupants.lua has it; who has no mark is passed over.
-- Sockets in the room are told to read it again, once a second at most, for batches may be many: `resetPrefix`, the epoch and the last id
-- are the frame. What they are not told yet they are told by imported/settle-import.lua, which also moves the marks.
local TOLD_MS = 1000
local MARKS_AT_ONCE = 1000
count = tonumber(count)
if not openLog(now) then
  return 'noRoom'
end
local imported, isOpen = importedSoFar()
local word = judgeImport(imported, isOpen, log.messageTs)
if word ~= 'new' and word ~= 'repeated' then
  return { imported, isOpen and 1 or 0, 0, 0, log.seq, word }
end

local function setAll(key, pairs)
  for from = 1, #pairs, 2 * MARKS_AT_ONCE do
    redis.call('HSET', key, unpack(pairs, from, math.min(#pairs, from + 2 * MARKS_AT_ONCE - 1)))
  end
end

-- Of pairs of a user and an id, from a place of the arguments on, those whose user has a mark.
local function marked(from, last)
  local found = {}
  for first = from, last, 2 * MARKS_AT_ONCE do
    local users = {}
    for place = first, math.min(last, first + 2 * MARKS_AT_ONCE - 1), 2 do
      users[#users + 1] = ARGV[place]
    end
    for i, mark in ipairs(redis.call('HMGET', marks, unpack(users))) do
      if mark or users[i] == ':' then
        found[#found + 1], found[#found + 2] = users[i], int(math.min(tonumber(ARGV[first + 2 * i - 1]), log.id))
      end
    end
  end
  return found
end

local ages, tooOld, wish = agesOf(), 0
if word == 'new' then
  local function grow(id, size)
    local lookAt, more = lookAtBytes(id, size, log.written, tonumber(bytesMax), log.max, log.now,
      struct.pack(REST, log.life, log.ringWritten, log.ringLookAt), { latest, reactions })
    log.lookAt, wish = lookAt, more or wish
  end
  local function noEvent()
    return 0
  end
  tooOld = appendImported(ages.maxAge(maxAgeMs), noEvent, grow)
  ages.keepYoung(history, 'aged', log.now, maxAgeMs, { latest, reactions })
  imported = log.id
end
if word == 'new' then
  setAll(mentioned, marked(rest + 3 * count, #ARGV))
  if log.now - tonumber(redis.call('HGET', meta, 'importTold') or 0) >= TOLD_MS then
    redis.call('HSET', meta, 'importTold', int(log.now))
    announce(NOTICE, '', resetPrefix .. log.epoch .. '\207' .. u64(log.id))
  end
  writeLog()
end
noteImported(imported)
return { imported, isOpen and ending ~= '1' and 1 or 0, tooOld, oldestVisible(), log.seq, false, wish }
