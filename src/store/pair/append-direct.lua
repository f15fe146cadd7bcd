-- uses: direct/pair
-- Appends a message to the log of a pair of users: repeated? then the next id, append. One step, so that ids have no gaps and a
-- repeat finds what came before it. The log is the truth; what comes after it (deliver-direct.lua) can be done again from it.
-- The frame is `prefix`, the time, `middle`, the id. An empty prefix stands for a message over the limit: a repeat may carry anything.
-- `repeatId` is the author's id of it, '' for none. What was sent under it is known by reference only: life, id, number, time,
-- or '-' of a `transient` one, which is noted here and sent elsewhere; for `dedupMs` or a little longer, `repeatsMax` of an
-- author a generation. The log keeps `max` messages and about `bytesMax` bytes; where `keptMs` is not '' it goes so long after
-- the last message, for one of the two is anonymous.
local isThere = openLog(now)
local at = isThere and log.now or now
local generation = math.floor(at / tonumber(dedupMs))
local key = dedup .. int(generation) .. ':' .. author
if repeatId ~= '' then
  local first = redis.call('HGET', key, repeatId)
    or redis.call('HGET', dedup .. int(generation - 1) .. ':' .. author, repeatId)
  if first == '-' then
    return { 0, 0, 0, '', 1 }
  end
  local life, id, n, time = string.match(first or '', '^(%S+) (%d+) (%d+) (%d+)$')
  if id and isThere and life == log.life then
    return { tonumber(id), tonumber(n), tonumber(time), life, 1, eventAt(id) }
  end
end
if prefix == '' then
  return 'messageTooLarge'
end
if repeatId ~= '' and redis.call('HLEN', key) >= tonumber(repeatsMax) then
  return 'tooMany'
end

local function noteRepeat(what)
  if repeatId == '' then
    return
  end
  redis.call('HSET', key, repeatId, what)
  -- While the clock is behind the log's the generation lasts until it has caught up.
  if redis.call('HLEN', key) == 1 or now < at then
    redis.call('PEXPIRE', key, int(2 * tonumber(dedupMs)))
  end
end

if transient == '1' then
  noteRepeat('-')
  return { 0, 0, 0, '', 0 }
end
if not isThere then
  newLog(epoch, now, max)
end
local id, n = log.id + 1, select(2, markOf('last', author)) + 1
local event = struct.pack(HEADER, MESSAGE, n, id, at, nonce, log.nonce, log.epoch, #author)
  .. author .. prefix .. u64(at) .. middle .. u64(id)
log.id, log.seq, log.nonce, log.ts, log.messageTs, log.max = id, id, nonce, at, at, tonumber(max)
log.written = log.written + #event + ENTRY_BYTES
if log.written >= log.lookAt then
  local step = math.max(STEP_MIN, math.floor(tonumber(bytesMax) / 8))
  local _, lookAt = bytesOf().keepWithin(history, 'marks', id, #event + ENTRY_BYTES, log.written, tonumber(bytesMax), step)
  log.lookAt = lookAt
end
redis.call('XADD', history, 'MAXLEN', '~', int(tonumber(max)), int(id) .. '-0', 'e', event)
setMark('last', author, id, n)
noteRepeat(log.life .. ' ' .. int(id) .. ' ' .. int(n) .. ' ' .. int(at))
writeLog()
if keptMs ~= '' then
  redis.call('PEXPIRE', meta, keptMs)
  redis.call('PEXPIRE', history, keptMs)
end
return { id, n, at, log.life, 0 }
