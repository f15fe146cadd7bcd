-- Prolongs a lease, unless a peer has claimed it or it is gone. `draining` is '1' once the node sends its sockets away: they
-- count no more against their users; '2' when it has ended, and the last `ttlMs` are its grace.
-- Replies: 'lost' | ms of Redis's clock at which it now expires.
if redis.call('HGET', lease, 'claimed') ~= '0' then
  return 'lost'
end
local t = redis.call('TIME')
local expires = t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ttlMs)
redis.call('HSET', lease, 'expires', string.format('%.0f', expires), 'draining', draining, 'term', ttlMs)
redis.call('PEXPIRE', lease, keepMs)
return expires
