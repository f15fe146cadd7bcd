-- uses: clock log
-- Makes a user that does not exist, with its lists. One step, so that a name is never half made. While an earlier user of the name is
-- a member of rooms (`former`) there is none.
-- Rest arguments: the name of a list, a name in it; two for each.
if redis.call('EXISTS', meta) == 1 then
  return 'userExists'
end
if redis.call('EXISTS', erasing) == 1 then
  return 'erasing'
end
if redis.call('EXISTS', belongsFormer) == 1 then
  return 'former'
end
newLog(epoch, now, 0)
redis.call('HSET', meta, 'directWhitelistOnly', whitelistOnly, 'kept', '1')
local lists = { whitelist = whitelist, blacklist = blacklist }
for at = rest, #ARGV, 2 do
  redis.call('SADD', lists[ARGV[at]], ARGV[at + 1])
end
