-- uses: clock contact/told
-- A node has told what it took of a user's state. Says whether there is more to tell.
local _, by = mayTell('stateTeller', node, '', 0)
if by == node then
  redis.call('HDEL', meta, 'stateTelling', 'stateTeller')
end
return redis.call('HEXISTS', meta, 'stateDue')
