-- uses: clock inbox/record direct inbox/age
-- Sends a message to all sockets of a user: known? allowed by its lists? repeated? online? One step on the receiver's
-- slot, so that nobody who has just been blocked still writes, and a repeat finds what came before it.
-- `frame` ends where the timestamp goes, by the clock of the receiver's log. An empty one stands for a message over the
-- limit: limits come after rights, and a repeat may carry anything. `repeatKey` names the author and its id of the
-- message, '' for none. What was sent under it is kept whole for `dedupMs` or a little longer, in two generations of one
-- hash: it is the answer to a repeat, also where the receiver has gone since. A transient message is in no log, and is
-- kept as ''. What asks for more of it has to wait. An author is kept `repeatsMax` messages and `repeatBytesMax` bytes a
-- generation; where all of them together have `AUTHORS` times as much, the floor of that share, which each is kept whatever
-- others do: nobody can use up what is left for somebody else. `author` is who sends. `toSelf` is '1' where that is the
-- receiver. `evenAway` '1': it may reach nobody.
local AUTHORS, FLOOR = 4, 1 / 16

-- Messages and bytes kept of an author, with one more.
local function addedTo(counts, name, bytes)
  local count, size = string.match(redis.call('HGET', counts, name) or '0 0', '^(%d+) (%d+)$')
  return { tonumber(count) + 1, tonumber(size) + bytes }
end

local function isOver(kept, share)
  return kept[1] > tonumber(repeatsMax) * share or kept[2] > tonumber(repeatBytesMax) * share
end

if not openLog(now) then
  return 'noUser'
end
if toSelf == '1' or not mayWrite(user, trusted) then
  return 'notAllowed'
end
-- By the log's life, not its epoch: after a failover a message is repeated all the more.
local kept = dedup .. log.life .. ':'
local generation = math.floor(log.now / tonumber(dedupMs))
if repeatKey ~= '' then
  local first = redis.call('HGET', kept .. int(generation), repeatKey)
    or redis.call('HGET', kept .. int(generation - 1), repeatKey)
  if first then
    return { 0, first }
  end
end
if redis.call('HLEN', sockets) == 0 and evenAway ~= '1' then
  return 'noUserOnline'
end
if frame == '' then
  return 'messageTooLarge'
end
local whole = frame .. u64(log.now)
if repeatKey ~= '' then
  local key = kept .. int(generation)
  local counts = key .. ':authors'
  local stored = transient == '1' and '' or whole
  local own = addedTo(counts, author, #stored + #repeatKey)
  -- No name holds a colon.
  local all = addedTo(counts, ':', #stored + #repeatKey)
  local isCrowded = isOver(all, AUTHORS)
  if isOver(own, 1) or (isCrowded and isOver(own, FLOOR)) then
    return 'tooMany'
  end
  redis.call('HSET', key, repeatKey, stored)
  redis.call('HSET', counts, author, table.concat(own, ' '), ':', table.concat(all, ' '))
  -- While the clock is behind the log's the generation lasts until it has caught up.
  if all[1] == 1 or redis.call('HLEN', key) == 1 or now < log.now then
    redis.call('PEXPIRE', key, int(2 * tonumber(dedupMs)))
    redis.call('PEXPIRE', counts, int(2 * tonumber(dedupMs)))
  end
end
if transient == '1' then
  publish('', whole)
else
  record('', whole)
  saveInbox()
  trimOldNotices()
end
return { log.now }
