-- uses: clock
-- Prolongs a lease, unless a peer has claimed it or it is gone. `draining` is '1' once the node sends its sockets away: they
-- count no more against their users; '2' when it has ended, and the last `ttlMs` are its grace. Only then the record is
-- forgotten after `keepMs`: that is by Redis's clock, which must not take the lease of a node that lives.
if redis.call('HGET', lease, 'claimed') ~= '0' then
  return 'lost'
end
local expires = now + tonumber(ttlMs)
redis.call('HSET', lease, 'expires', string.format('%.0f', expires), 'draining', draining, 'term', ttlMs)
if draining == '2' then
  redis.call('PEXPIRE', lease, keepMs)
else
  redis.call('PERSIST', lease)
end
return expires
