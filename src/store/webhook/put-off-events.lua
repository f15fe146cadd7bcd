-- uses: clock
-- A batch was not taken by its receiver, or was not sent: another node may try. Where it `isFailure` ('1') nobody does for a while, twice as
-- long each time up to an hour, and not before `waitMs` are over. Where it was too large it is cut anew, of `most` events ('' otherwise). `lost`: another node has it, or its place was moved.
if redis.call('HGET', webhook, 'token') ~= token then
  return 'lost'
end
redis.call('HDEL', webhook, 'token', 'node', 'until')
if most ~= '' then
  redis.call('HDEL', webhook, 'toSeq', 'toId', 'mark')
  redis.call('HSET', webhook, 'most', most)
end
if isFailure ~= '1' then
  return 0
end
local failures = redis.call('HINCRBY', webhook, 'failures', 1)
local waits = math.min(3600000, math.max(1000 * 2 ^ math.min(failures - 1, 12), tonumber(waitMs)))
redis.call('HSET', webhook, 'retryAt', string.format('%.0f', now + waits))
return waits
