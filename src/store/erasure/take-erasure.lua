-- uses: clock
-- Gives a node an erasure to work on that is in nobody's hands, for `holdMs`, and how far it has come. Who has it is known by `token`:
-- one who comes late finds that it is in other hands (note-erasure.lua).
local heldUntil = string.format('%.0f', now + tonumber(holdMs))
local user = redis.call('ZRANGEBYSCORE', erasures, '-inf', now, 'LIMIT', 0, 1)[1]
if not user then
  -- Held for longer than anybody holds one: the clock was set back.
  user = redis.call('ZRANGEBYSCORE', erasures, '(' .. heldUntil, '+inf', 'LIMIT', 0, 1)[1]
end
if not user then
  return 'none'
end
redis.call('ZADD', erasures, heldUntil, user)
local place = string.match(redis.call('HGET', progress, user) or '', '^%S+ (.*)$') or ''
redis.call('HSET', progress, user, token .. ' ' .. place)
return { user, place }
