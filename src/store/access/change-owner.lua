-- uses: clock evict usage access/members
-- Gives a room another owner, '' for none; for the service only. The one before is taken out if it is not admitted
-- otherwise. What the room takes of a quota goes over to the new owner's as it is: the caller notes it there, and takes it
-- off the one before. Where anybody is a member, and its members are not fixed, the new owner becomes one (`prefix`: see add-members.lua),
-- unless its own slot speaks against it (`against`, '' for nothing); the one before stays one.
if not openLog(now) then
  return 'noRoom'
end
local before = redis.call('HGET', meta, 'owner')
-- Who has lost the room by a staged eviction, and is not out of it yet, is not given it back.
if log.evicting == 1 and owner ~= '' then
  evictUnlessAdmitted(owner)
end
redis.call('HSET', meta, 'owner', owner)
local kind = redis.call('HGET', meta, 'kind') or ''
if owner ~= '' and against == '' and kind == '' and redis.call('ZCARD', roster) > 0 and addMember(owner) then
  announce(NOTICE, '', prefix .. strs({ owner }) .. byIn(''))
end
local due = noteMembers(teller, '', '')
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
return { position(), evicted, changesPending, log.life, before or '', names, bytes, due }
