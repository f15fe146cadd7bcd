-- uses: clock evict usage
-- Gives a room another owner, '' for none; for the service only. The one before is taken out if it is not admitted
-- otherwise. What the room takes of a quota goes over to the new owner's as it is: the caller notes it there, and takes it
-- off the one before.
if not openLog(now) then
  return 'noRoom'
end
local before = redis.call('HGET', meta, 'owner')
-- Who has lost the room by a staged eviction, and is not out of it yet, is not given it back.
if log.evicting == 1 and owner ~= '' then
  evictUnlessAdmitted(owner)
end
redis.call('HSET', meta, 'owner', owner)
if before and before ~= '' then
  evictUnlessAdmitted(before)
end
tellEvictions()
saveLog()
local names, bytes = namesIn(), bytesIn()
if owner == '' then
  redis.call('HDEL', meta, 'granted')
else
  saveGrant(names, bytes, 0)
end
return { position(), evicted, changesPending, log.life, before or '', names, bytes }
