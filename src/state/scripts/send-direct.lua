-- Sends a message to all sockets of a user: known? allowed by its lists? repeated? online? One step on the receiver's
-- slot, so that nobody who has just been blocked still writes, and a repeat finds what came before it.
-- `frame` ends where the timestamp goes, by the clock of the receiver's log. An empty one stands for a message over the
-- limit: limits come after rights, and a repeat may carry anything. `repeatKey` names the author and its id of the
-- message, '' for none. What was sent under it is kept whole for `dedupMs` or a little longer, in two generations of one
-- hash: it is the answer to a repeat, also where the receiver has gone since. A transient message is in no log, and is
-- kept as ''. At most `repeatsMax` are kept a generation: what more asks for it has to wait. `toSelf` is '1' where the
-- author is the receiver.
-- Replies: 'noUser' | 'notAllowed' | 'noUserOnline' | 'messageTooLarge' | 'tooMany' | {0, timestamp} |
-- {1, the frame of the first, '' if it was transient}.
if not openLog(now) then
  return 'noUser'
end
if toSelf == '1' or not mayWrite(user) then
  return 'notAllowed'
end
-- By the log's life, not its epoch: after a failover a message is repeated all the more.
local kept = dedup .. log.life .. ':'
local generation = math.floor(log.now / tonumber(dedupMs))
if repeatKey ~= '' then
  local first = redis.call('HGET', kept .. int(generation), repeatKey)
    or redis.call('HGET', kept .. int(generation - 1), repeatKey)
  if first then
    return { 1, first }
  end
end
if redis.call('HLEN', sockets) == 0 then
  return 'noUserOnline'
end
if frame == '' then
  return 'messageTooLarge'
end
if repeatKey ~= '' and redis.call('HLEN', kept .. int(generation)) >= tonumber(repeatsMax) then
  return 'tooMany'
end
local whole = frame .. u64(log.now)
if repeatKey ~= '' then
  local key = kept .. int(generation)
  redis.call('HSET', key, repeatKey, transient == '1' and '' or whole)
  if redis.call('HLEN', key) == 1 then
    redis.call('PEXPIRE', key, int(2 * tonumber(dedupMs)))
  end
end
if transient == '1' then
  redis.call('SPUBLISH', channel,
    struct.pack(HEADER, TRANSIENT, log.seq, log.id, log.now, nonce, log.nonce, log.epoch, 0) .. whole)
else
  announce(NOTICE, '', whole)
  saveLog()
end
return { 0, log.now }
