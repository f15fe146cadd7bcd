-- Gives a room another owner, '' for none; for the service only. The one before is taken out if it is not admitted
-- otherwise. Replies: 'noRoom' | {position, {user, its sockets …} taken out, whether changes wait, life}.
if not openLog(now) then
  return 'noRoom'
end
local before = redis.call('HGET', meta, 'owner')
-- Who has lost a restricted room, and is not out of it yet, is not given it back.
if log.restricted == 1 and owner ~= '' then
  evictUnlessAdmitted(owner)
end
redis.call('HSET', meta, 'owner', owner)
if before and before ~= '' then
  evictUnlessAdmitted(before)
end
tellEvictions()
saveLog()
return { position(), evicted, changesPending, log.life }
