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

local current, field
if clientMessageId ~= '' then
  -- Two generations of one hash instead of a key per message: what is younger than `dedupMs` is in one of them. Named
  -- by the room's life, not by the log's epoch: after a failover a message is repeated all the more.
  field = user .. '\n' .. clientMessageId
  local generation = math.floor(log.now / tonumber(dedupMs))
  current = dedup .. log.life .. ':' .. int(generation)
  local first = redis.call('HGET', current, field)
    or redis.call('HGET', dedup .. log.life .. ':' .. int(generation - 1), field)
  if first then
    return { tonumber(first), log.seq, 1 }
  end
end
if head == '' then
  return 'messageTooLarge'
end

local id = -1
if transient == '1' then
  redis.call('SPUBLISH', channel, stamp(TRANSIENT, nonce, '', head .. u64(log.now)))
else
  id = log.id + 1
  log.id, log.seq = id, log.seq + 1
  local event = stamp(MESSAGE, nonce, '', head .. u64(log.now) .. middle .. u64(id))
  redis.call('HSET', meta, 'seq', int(log.seq), 'id', int(id), 'ts', int(log.now), 'nonce', nonce,
    'messageTs', int(log.now))
  if log.max > 0 then
    redis.call('XADD', history, 'MAXLEN', '~', int(log.max), int(id) .. '-' .. int(log.seq), 'e', event)
  end
  redis.call('SPUBLISH', channel, event)
end
if field then
  if redis.call('HSET', current, field, int(id)) == 1 and redis.call('PTTL', current) < 0 then
    redis.call('PEXPIRE', current, 2 * tonumber(dedupMs))
  end
end
return { id, log.seq, 0 }
