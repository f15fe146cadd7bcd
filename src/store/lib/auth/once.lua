-- What counts once: the nonces of signatures. Wants lib/clock.lua before it, and the key `nonces`, of the slot in which that is done
-- which they allow.

-- Notes a name until a time by this clock, which is when what it belongs to is good no more. False where that is over, or the name
-- was noted before: then nothing may be done.
local function noteOnce(name, untilMs)
  if tonumber(untilMs) < now then
    return false
  end
  redis.call('ZREMRANGEBYSCORE', nonces, '-inf', '(' .. string.format('%.0f', now))
  if redis.call('ZADD', nonces, 'NX', untilMs, name) == 0 then
    return false
  end
  local last = redis.call('ZRANGE', nonces, '-1', '-1', 'WITHSCORES')[2]
  redis.call('PEXPIREAT', nonces, string.format('%.0f', tonumber(last) + 1))
  return true
end

-- Whether an edit of a room may be made by `user` for all that has to be signed of it, right before it is: `onceOnly` is the nonce of
-- its signature, good until `onceUntil`; '' where none is asked for.
local function isSigned()
  return onceOnly == '' or noteOnce(user .. '\n' .. onceOnly, onceUntil)
end
