-- uses: clock direct/pair messages/imported
-- Imports messages into the conversation of two users, in which nothing else was said yet, a batch at a time: one step, so that a batch that
-- comes twice is written once. All of them have come, and were read. The log is made by the first one.
count = tonumber(count)
local isThere = openLog(now)
local imported, isOpen = importedSoFar()
local word = judgeImport(imported, isOpen, isThere and log.messageTs or 0)
if word ~= 'new' and word ~= 'repeated' then
  return { imported, isOpen and 1 or 0, 0, 0, word }
end
local tooOld = 0
if word == 'new' then
  if not isThere then
    newLog(epoch, now, max)
  end
  log.max = tonumber(max)
  local numbers = {}
  local function numberOf(author)
    numbers[author] = (numbers[author] or select(2, markOf('last', author))) + 1
    return numbers[author]
  end
  local function grow(id, size)
    local step = math.max(STEP_MIN, math.floor(tonumber(bytesMax) / 8))
    log.lookAt = select(2, bytesOf().keepWithin(history, 'marks', id, size, log.written, tonumber(bytesMax), step, { latest, reactions }))
    trimLatest(id - log.max)
  end
  local ages = agesOf()
  tooOld = appendImported(ages.maxAge(maxAgeMs), numberOf, grow)
  local lastOf = {}
  for i = 1, count do
    lastOf[messageAt(i)] = tonumber(at) + i
  end
  for author, number in pairs(numbers) do
    for _, kind in ipairs({ 'last', 'sent', 'read' }) do
      setMark(kind, author, lastOf[author], number)
    end
  end
  imported, log.seq = log.id, log.id
  ages.keepYoung(history, 'aged', log.now, maxAgeMs, { latest, reactions })
  writeLog()
end
if log then
  noteImported(imported)
end
return { imported, isOpen and ending ~= '1' and 1 or 0, tooOld, log and oldestVisible() or 1 }
