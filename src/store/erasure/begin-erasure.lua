-- uses: clock
-- Writes down that what a user wrote is to be erased, before anything of it is done: whichever node takes it up does it, and goes on
-- where another one has died. `isKnown` is '1' where there is such a user: of one who is not there any more, what was done lately
-- need not be done again. `keptMs` is how long that is known.
if redis.call('ZSCORE', erasures, user) then
  return 'pending'
end
redis.call('ZREMRANGEBYSCORE', erased, '-inf', string.format('%.0f', now - tonumber(keptMs)))
if isKnown ~= '1' and redis.call('ZSCORE', erased, user) then
  return 'done'
end
redis.call('ZREM', erased, user)
redis.call('ZADD', erasures, string.format('%.0f', now), user)
