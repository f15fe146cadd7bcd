-- Has a node swept again that was swept lately, or whose sweep was lost here: what was taken out of its topics may be there
-- again after a failover of theirs. 'none': nothing is left to sweep. Of one that lives, or may, it tells when its lease is to run
-- out: where it is this that came back, nobody may have noted it any more.
local found = redis.call('HMGET', lease, 'claimed', 'expires')
if found[1] == '0' then
  return { found[2] }
end
if redis.call('EXISTS', swept) == 1 then
  redis.call('ZUNIONSTORE', manifest, 2, manifest, swept, 'WEIGHTS', 0, 0)
  redis.call('UNLINK', swept)
elseif redis.call('EXISTS', manifest) == 0 then
  return 'none'
end
redis.call('HSET', lease, 'expires', '0', 'claimed', '1')
redis.call('PEXPIRE', lease, keepMs)
return 'open'
