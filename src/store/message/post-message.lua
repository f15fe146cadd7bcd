-- uses: clock history-bytes
-- Posts to a room: occupant? repeated? then the next id, append, publish. One step, so that the ids have no gaps, the
-- order of ids is the order of delivery, and nobody who has just been removed still posts.
-- The frame comes in two parts, `prefix` and the end of `fixed`; the fixed-width timestamp and id go behind each.
-- `fixed` packs `dedupMs`, the bytes that a room keeps, whether it is transient, whether who posts is trusted, and the
-- nonce: every argument of its own costs both sides.
-- An empty prefix stands for a message over the limit: limits come after rights, and a repeat may carry anything.
-- `repeatKey` names the author, who need not be `user`, and its id of the message; '' for none.
-- The time is Redis's, like that of all scripts (lib/clock.lua).
-- This is the hot path of the service: it works on locals, without lib/log.lua's table and functions. Who is trusted, the
-- service itself, may post anywhere. Where a large room has a staged eviction, occupants may still be there who are not
-- admitted any more (see set-mode.lua): only then the lists are asked, by keys derived from the declared prefix.
-- What repeats are known by is bounded by author, once there are many in the room: who floods it is refused, nobody else.
-- The history gives way from its oldest end where it has too many bytes: for the room, or for its owner whose quota is used
-- up (lib/grant.lua). A room that will soon need more of the quota says so, and is not short of it before it was refused.
-- The id of a transient message is -1.
local REPEATS_MAX, AUTHOR_REPEATS_MAX = 100000, 50000
local call, pack = redis.call, struct.pack
local packed = call('HGET', meta, 'log')
if not packed then
  return 'noRoom'
end
if #packed < POSITION_BYTES then
  packed = completed(packed)
end
local dedupMs, bytesMax, transient, trusted, nonce, middleAt = struct.unpack(POST, fixed)
if trusted ~= 1 and call('HEXISTS', occupants, user) == 0 then
  return 'notJoined'
end
local epoch, last, seq, id, ts, messageTs, max, generation, previous, evicting, repeats, written, lookAt, rest =
  struct.unpack(POSITION, packed)
if evicting == 1 and trusted ~= 1 then
  local room = string.sub(dedup, 1, -7)
  local admitted = call('HGET', meta, 'owner') == user or call('SISMEMBER', room .. 'adminlist', user) == 1
    or (call('SISMEMBER', room .. 'blacklist', user) == 0 and call('SISMEMBER', room .. 'whitelist', user) == 1)
  if not admitted then
    return 'notJoined'
  end
end
local at = now
if at < ts then
  at = ts
end
local isTransient, isTooLarge = transient == 1, prefix == ''

if repeatKey ~= '' then
  -- Two generations of one hash instead of a key per message: what is younger than `dedupMs` is in one of them. Named
  -- by the room's life, not by the log's epoch: after a failover a message is repeated all the more.
  local current = (at - at % dedupMs) / dedupMs
  local kept = dedup .. string.sub(rest, 1, 16) .. ':'
  local key = kept .. current
  local first
  if isTooLarge or call('HSETNX', key, repeatKey, isTransient and -1 or id + 1) == 0 then
    first = call('HGET', key, repeatKey)
  end
  if generation ~= current then
    previous = generation == current - 1 and 1 or 0
    generation, repeats = current, 0
  end
  if not first and previous == 1 then
    first = call('HGET', kept .. (current - 1), repeatKey)
    if first and not isTooLarge then
      call('HDEL', key, repeatKey)
    end
  end
  if first then
    return { tonumber(first), seq, 1 }
  end
  -- Whenever this has made the key, and not only where the generation turns: a failover may have lost that it has. And while
  -- the clock is behind the log's: the generation lasts until it has caught up.
  if not isTooLarge and (now < ts or call('HLEN', key) == 1) then
    call('PEXPIRE', key, 2 * dedupMs)
  end
  if repeats >= REPEATS_MAX and not isTooLarge then
    local counts = key .. ':authors'
    local count = call('HINCRBY', counts, string.match(repeatKey, '^[^\n]*'), 1)
    if count == 1 then
      call('PEXPIRE', counts, 2 * dedupMs)
    end
    if count > AUTHOR_REPEATS_MAX then
      call('HDEL', key, repeatKey)
      return 'tooMany'
    end
  end
  repeats = repeats + 1
end
if isTooLarge then
  return 'messageTooLarge'
end

local atLow = at % 4294967296
local frame = prefix .. pack('>I4I4', (at - atLow) / 4294967296, atLow)
if isTransient then
  call('SPUBLISH', channel, pack(HEADER, TRANSIENT, seq, id, at, nonce, last, epoch, 0) .. frame)
  if repeatKey ~= '' then
    call('HSET', meta, 'log', pack(POSITION, epoch, last, seq, id, ts, messageTs, max, generation, previous, evicting, repeats,
      written, lookAt, rest))
  end
  return { -1, seq, 0 }
end
id, seq = id + 1, seq + 1
local idLow = id % 4294967296
local event = pack(HEADER, MESSAGE, seq, id, at, nonce, last, epoch, 0)
  .. frame .. string.sub(fixed, middleAt) .. pack('>I4I4', (id - idLow) / 4294967296, idLow)
local wish
if max > 0 then
  local size = #event + ENTRY_BYTES
  written = written + size
  if written >= lookAt then
    lookAt, wish = lookAtBytes(id, size, written, bytesMax, at, rest)
  end
end
call('HSET', meta, 'log', pack(POSITION, epoch, nonce, seq, id, at, at, max, generation, previous, evicting, repeats,
  written, lookAt, rest))
if max > 0 then
  -- Written as whole numbers, which is faster than finding out that they are.
  call('XADD', history, 'MAXLEN', '~', string.format('%d', max), string.format('%d-%d', id, seq), 'e', event)
end
call('SPUBLISH', channel, event)
return { id, seq, 0, wish }
