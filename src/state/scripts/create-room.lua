-- Creates a room that does not exist. One step, so that a name is never half created.
-- Replies: 'roomExists' | 'ok'.
if redis.call('EXISTS', meta) == 1 then
  return 'roomExists'
end
newLog(epoch, now, historyMax)
redis.call('HSET', meta, 'owner', owner, 'whitelistOnly', whitelistOnly, 'userlistUpdates', userlistUpdates,
  'accessListsUpdates', accessListsUpdates)
return 'ok'
