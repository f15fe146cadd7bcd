-- Creates a room that does not exist. One step, so that a name is never half created.
-- Replies: 'roomExists' | 'ok'.
if redis.call('EXISTS', meta) == 1 then
  return 'roomExists'
end
redis.call('HSET', meta, 'epoch', epoch, 'life', epoch, 'seq', 0, 'id', 0, 'ts', now, 'messageTs', 0, 'nonce', nonce,
  'owner', owner, 'whitelistOnly', whitelistOnly, 'userlistUpdates', userlistUpdates,
  'accessListsUpdates', accessListsUpdates, 'historyMax', historyMax)
return 'ok'
