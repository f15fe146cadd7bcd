-- uses: direct/due direct/written batch/failure
-- Appends messages of one author to the log of a pair of users, each judged by itself: repeated? then the next id, append. One step,
-- so that ids have no gaps and a repeat finds what came before it. The log is the truth; what comes after it (deliver-direct.lua)
-- can be done again from it.
-- Rest arguments: `transient`, `repeatId`, `prefix`, `middle` of each, whether it mentions the other one, and the id of the message that
-- it replies to, '' for none: one that its author can read, which changes by that (lib/direct/due.lua). Its frame is `prefix`, the time,
-- `middle`, the id. An empty prefix stands for a message over the limit: a repeat may carry anything.
-- `repeatId` is the author's id of it, '' for none. What was sent under it is known by reference only: life, id, number, time,
-- or '-' of a `transient` one, which is noted here and sent elsewhere; for `dedupMs` or a little longer, `repeatsMax` of an
-- author a generation. The log keeps `max` messages, about `bytesMax` bytes, and what is not older than `maxAgeMs`; where `keptMs`
-- is not '' it goes so long after the last message, for one of the two is anonymous.
local isThere = openLog(now)
local at = isThere and log.now or now
local generation = math.floor(at / tonumber(dedupMs))
local key = dedup .. int(generation) .. ':' .. author
local keyBefore = dedup .. int(generation - 1) .. ':' .. author
local appended, last, mention = 0
-- What is appended is as it was before any later change.
local asOf = change

local function noteRepeat(repeatId, what)
  if repeatId == '' then
    return
  end
  redis.call('HSET', key, repeatId, what)
  -- While the clock is behind the log's the generation lasts until it has caught up.
  if redis.call('HLEN', key) == 1 or now < at then
    redis.call('PEXPIRE', key, int(2 * tonumber(dedupMs)))
  end
end

-- The reply to a repeat; nil where it is none.
local function firstOf(repeatId)
  local first = redis.call('HGET', key, repeatId) or redis.call('HGET', keyBefore, repeatId)
  if first == '-' then
    return { 0, 0, 0, '', 1, asOf, 0 }
  end
  local life, id, n, time = string.match(first or '', '^(%S+) (%d+) (%d+) (%d+)$')
  if id and isThere and life == log.life then
    local isVisible = tonumber(id) >= oldestVisible()
    return { tonumber(id), tonumber(n), tonumber(time), life, 1, asOf, isDue() and 1 or 0, isVisible and eventAt(id) }
  end
end

-- What a message replies to: its entry and its map, where its author can read it.
local function parentOf(id)
  local entry = isThere and id >= firstSeenBy(author) and entriesBetween(id, id, 1)[1]
  local message = entry and messageMaps().open(entry[2][2])
  return message and not messageMaps().isRecalled(message) and { id = id, entry = entry, message = message }
end

local function noteReply(parent)
  local maps, message = messageMaps(), parent.message
  message.own.repliesCount = maps.number((maps.numberOf(message.own.repliesCount) or 0) + 1)
  local event = maps.shut(message)
  local more = putLatest(parent.id, event) and #event - #parent.entry[2][2] or #event + ENTRY_BYTES
  log.written = log.written + math.max(0, more)
  local entries = numbered(maps, message, parent.id, 'replies', at, { { 'repliesCount', message.own.repliesCount } })
  noteDue(change, at, parent.id, false, author, '', maps.map(entries))
end

local function append(transient, repeatId, prefix, middle, mentioning, parent)
  local first = repeatId ~= '' and firstOf(repeatId)
  if first then
    return first
  end
  if prefix == '' then
    return 'messageTooLarge'
  end
  local replied = parent ~= '' and parentOf(tonumber(parent))
  if parent ~= '' and not replied then
    return 'noMessage'
  end
  if repeatId ~= '' and redis.call('HLEN', key) >= tonumber(repeatsMax) then
    return 'tooMany'
  end
  if transient == '1' then
    noteRepeat(repeatId, '-')
    return { 0, 0, 0, '', 0, asOf, 0 }
  end
  if not isThere then
    newLog(epoch, now, max)
    isThere = true
  end
  last = last or select(2, markOf('last', author))
  local id, n, own = log.id + 1, last + 1, nextNonce()
  local event = struct.pack(HEADER, MESSAGE, n, id, at, own, log.nonce, log.epoch, #author)
    .. author .. prefix .. u64(at) .. middle .. u64(id)
  written(id, #event + ENTRY_BYTES)
  redis.call('XADD', history, 'MAXLEN', '~', int(tonumber(max)), int(id) .. '-0', 'e', event)
  log.id, log.seq, log.nonce, log.ts, log.messageTs, log.max = id, id, own, at, at, tonumber(max)
  last, appended = n, appended + 1
  if mentioning == '1' then
    mention = { id, n }
  end
  noteRepeat(repeatId, log.life .. ' ' .. int(id) .. ' ' .. int(n) .. ' ' .. int(at))
  if replied then
    noteReply(replied)
  end
  return { id, n, at, log.life, 0, asOf, isDue() and 1 or 0 }
end

-- What was appended is so whatever comes of the others.
local function save()
  if appended > 0 then
    setMark('last', author, log.id, last)
    if mention then
      setMark('mention', author, mention[1], mention[2])
    end
    if change > asOf then
      saveChanges()
    end
    writeLog()
    local ages = agesOf()
    ages.keepYoung(history, 'aged', at, maxAgeMs, { latest, reactions })
    if keptMs ~= '' then
      redis.call('PEXPIRE', meta, keptMs)
      for _, key in ipairs({ latest, reactions, changesDue }) do
        redis.call('PEXPIRE', key, keptMs)
      end
      -- It must not outlive the position.
      local age = tonumber(maxAgeMs)
      if age == 0 or ages.lastsFor(age) >= tonumber(keptMs) then
        redis.call('PEXPIRE', history, keptMs)
      end
    end
  end
end

local replies = {}
for place = rest, #ARGV, 6 do
  local isDone, reply = pcall(append, unpack(ARGV, place, place + 5))
  replies[#replies + 1] = isDone and reply or failed(reply, save)
end
save()
return replies
