-- uses: clock
-- An erasure is done: for `keptMs` whoever asks is told so.
if string.match(redis.call('HGET', progress, user) or '', '^(%S+) ') ~= token then
  return 'lost'
end
redis.call('ZREM', erasures, user)
redis.call('HDEL', progress, user)
redis.call('ZADD', erased, string.format('%.0f', now), user)
redis.call('PEXPIRE', erased, keptMs)
