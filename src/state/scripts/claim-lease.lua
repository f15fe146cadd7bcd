-- Claims the lease of a node that let it run out. From here on that node's renewals and manifest writes fail.
-- Replies: 'gone' (nothing is left to sweep) | 'claimed' | ms of Redis's clock at which it expires.
local expires = redis.call('HGET', lease, 'expires')
if not expires then
  -- A record outlives its node by a day. What is left behind is swept all the same.
  if redis.call('EXISTS', manifest) == 0 then
    return 'gone'
  end
  redis.call('HSET', lease, 'expires', '0', 'claimed', '1')
  return 'claimed'
end
if redis.call('HGET', lease, 'claimed') == '1' then
  return 'claimed'
end
local t = redis.call('TIME')
if tonumber(expires) > t[1] * 1000 + math.floor(t[2] / 1000) then
  return tonumber(expires)
end
redis.call('HSET', lease, 'claimed', '1')
return 'claimed'
