-- Posts to a room: member? repeated? then the next id, append, publish. One step, so that the ids have no gaps, the
-- order of ids is the order of delivery, and nobody who has just been removed still posts.
-- The frame comes in two parts; the fixed-width timestamp and id go behind each.
-- An empty head stands for a message over the limit: limits come after rights, and a repeat may carry anything.
-- Replies: 'noRoom' | 'notJoined' | 'messageTooLarge' |
-- {id or -1 (transient), seq, 1 if repeated}.
if not openLog(now) then
  return 'noRoom'
end
if redis.call('HEXISTS', members, user) == 0 then
  return 'notJoined'
end

-- A message that is too large is looked up and never stored.
local tooLarge = head == ''
local id = transient == '1' and -1 or log.id + 1
local turned = false
if clientMessageId ~= '' then
  -- Two generations of one hash instead of a key per message: what is younger than `dedupMs` is in one of them. Named
  -- by the room's life, not by the log's epoch: after a failover a message is repeated all the more.
  local field = user .. '\n' .. clientMessageId
  local generation = math.floor(log.now / tonumber(dedupMs))
  local current = dedup .. log.life .. ':' .. int(generation)
  local first
  if tooLarge or redis.call('HSETNX', current, field, int(id)) == 0 then
    first = redis.call('HGET', current, field)
  end
  turned = log.generation ~= generation
  local previous = log.previous
  if turned then
    previous = log.generation == generation - 1 and 1 or 0
  end
  if not first and previous == 1 then
    first = redis.call('HGET', dedup .. log.life .. ':' .. int(generation - 1), field)
    if first and not tooLarge then
      redis.call('HDEL', current, field)
    end
  end
  if first then
    return { tonumber(first), log.seq, 1 }
  end
  if turned and not tooLarge then
    redis.call('PEXPIRE', current, 2 * tonumber(dedupMs))
    log.generation, log.previous = generation, previous
  end
end
if tooLarge then
  return 'messageTooLarge'
end

if transient == '1' then
  redis.call('SPUBLISH', channel, stamp(TRANSIENT, nonce, '', head .. u64(log.now)))
  if turned then
    writeLog()
  end
  return { id, log.seq, 0 }
end
log.id, log.seq = id, log.seq + 1
local event = stamp(MESSAGE, nonce, '', head .. u64(log.now) .. middle .. u64(id))
log.ts, log.messageTs, log.nonce = log.now, log.now, nonce
writeLog()
if log.max > 0 then
  redis.call('XADD', history, 'MAXLEN', '~', int(log.max), string.format('%.0f-%.0f', id, log.seq), 'e', event)
end
redis.call('SPUBLISH', channel, event)
return { id, log.seq, 0 }
