-- uses: clock
-- Writes down how far an erasure has come, and that it is in the same hands for `holdMs` more. What was done after the last note is
-- done again where the node dies.
if string.match(redis.call('HGET', progress, user) or '', '^(%S+) ') ~= token then
  return 'lost'
end
redis.call('HSET', progress, user, token .. ' ' .. place)
redis.call('ZADD', erasures, string.format('%.0f', now + tonumber(holdMs)), user)
