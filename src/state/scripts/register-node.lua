-- A node's lease begins. Redis's clock decides, as it does for renewing and claiming. Replies: ms of Redis's clock.
local t = redis.call('TIME')
local at = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', lease, 'expires', string.format('%.0f', at + tonumber(ttlMs)), 'claimed', '0',
  'term', ttlMs)
redis.call('PEXPIRE', lease, keepMs)
return at
