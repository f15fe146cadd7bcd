-- uses: messages/latest
-- Messages that were said elsewhere, before the first one that is said here. `imported`, a field of `meta`, says how many messages of a log
-- were, `importEnded` that no more come; so does any other message. They are no events of the log: nobody is told them one by
-- one, and their `seq` is that of no event, or of a pair the number among their author's, as always.
-- Wants the keys `meta`, `history`, `latest`, the arguments `at` (how many were imported before), `count`, `ending`, `middle`, and from `rest`
-- on three values for each: its author where the log notes it, else '', its time, and its frame up to there. A log need not be there yet.

-- How many, and whether more may come.
local function importedSoFar()
  local known = redis.call('HMGET', meta, 'imported', 'importEnded')
  local imported = tonumber(known[1] or 0)
  return imported, not known[2] and (not log or log.id == imported)
end

local function messageAt(i)
  local place = rest + 3 * (i - 1)
  return ARGV[place], tonumber(ARGV[place + 1]), ARGV[place + 2]
end

local function wholeFrame(prefix, time, id)
  return prefix .. u64(time) .. middle .. u64(id)
end

-- Whether these are the messages with ids from one on, as far as they are kept and were not changed.
local function areThere(first)
  for _, entry in ipairs(redis.call('XRANGE', history, int(first), int(first + count - 1))) do
    local event, id = entry[2][2], idOf(entry)
    local _, time, prefix = messageAt(id - first + 1)
    local length = select(8, struct.unpack(HEADER, event))
    if string.sub(event, HEADER_BYTES + length + 1) ~= wholeFrame(prefix, time, id) then
      return false
    end
  end
  return true
end

-- What becomes of a batch: `new`, `repeated`, or the word that refuses it. `since` is the time of the last message there is.
local function judgeImport(imported, isOpen, since)
  local from = tonumber(at)
  if from + count <= imported and (count == 0 or areThere(from + 1)) then
    return 'repeated'
  elseif from ~= imported then
    return 'elsewhere'
  elseif not isOpen then
    return 'over'
  elseif select(2, messageAt(1)) < since then
    return 'disordered'
  elseif select(2, messageAt(count)) > now then
    return 'future'
  end
  return 'new'
end

-- Appends them to an open log. `numberOf` gives the `seq` of the next one of an author; `grow` is told of the id and the bytes of each that is about to
-- be written. What is too old has its id, and is not written. Gives how many are.
local function appendImported(age, numberOf, grow)
  local tooOld = 0
  for i = 1, count do
    local author, time, prefix = messageAt(i)
    local id, number = log.id + 1, numberOf(author)
    log.id, log.messageTs = id, time
    if age > 0 and time < log.now - age then
      tooOld = tooOld + 1
    elseif log.max > 0 then
      local event = struct.pack(HEADER, MESSAGE, number, id, time, log.nonce, log.nonce, log.epoch, #author)
        .. author .. wholeFrame(prefix, time, id)
      local size = #event + ENTRY_BYTES
      log.written = log.written + size
      if log.written >= log.lookAt then
        grow(id, size)
      end
      redis.call('XADD', history, 'MAXLEN', '~', int(log.max), int(id) .. '-0', 'e', event)
    end
  end
  return tooOld
end

-- Whoever is told the import is over may repeat it.
local function noteImported(imported)
  redis.call('HSET', meta, 'imported', int(imported))
  if ending == '1' and tonumber(at) + count == imported then
    redis.call('HSET', meta, 'importEnded', '1')
  end
end
