-- Prolongs a lease, unless a peer has claimed it or it is gone. `ttlMs` of a draining node is its grace.
-- Replies: 'lost' | ms of Redis's clock at which it now expires.
if redis.call('HGET', lease, 'claimed') ~= '0' then
  return 'lost'
end
local t = redis.call('TIME')
local expires = t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ttlMs)
redis.call('HSET', lease, 'expires', string.format('%.0f', expires))
redis.call('PEXPIRE', lease, keepMs)
return expires
