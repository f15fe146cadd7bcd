-- uses: clock
-- A node's lease begins. Redis's clock decides, as it does for renewing and claiming.
redis.call('HSET', lease, 'expires', string.format('%.0f', now + tonumber(ttlMs)), 'claimed', '0',
  'term', ttlMs)
redis.call('PEXPIRE', lease, keepMs)
return now
