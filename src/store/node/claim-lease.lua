-- uses: clock
-- Claims the lease of a node that let it run out. From here on that node's renewals and manifest writes fail.
-- Redis's clock may be set, and replicas have another one: whether a lease has run out, or the grace of a node that has ended,
-- is told by a peer's own clock, by which it has `seen` the same one for `watchedMs`.
-- 'gone': nothing is left to sweep. Else it tells what the lease says now, for whoever has to go on watching.
local found = redis.call('HMGET', lease, 'expires', 'claimed', 'term')
local expires, claimed, term = found[1], found[2], found[3]
if not expires then
  -- A record outlives its node by a day. What is left behind is swept all the same.
  if redis.call('EXISTS', manifest) == 0 then
    return 'gone'
  end
  redis.call('HSET', lease, 'expires', '0', 'claimed', '1')
  redis.call('PEXPIRE', lease, keepMs)
  return 'claimed'
end
if claimed == '1' then
  return 'claimed'
end
if expires ~= seen or tonumber(watchedMs) < tonumber(term or '0') then
  return { expires }
end
redis.call('HSET', lease, 'claimed', '1')
return 'claimed'
