-- uses: inbox/expiry
-- Writes the state of a user where it still is of the version that was changed, and what is to be told of it with what was not told
-- before, if nothing of that was told meanwhile (`told`). One step, so that nobody undoes what it has not seen, and whatever is written
-- is told by somebody: by whoever comes next, should the node die here. `socket` set it, '' for nobody's; where several did, all hear it.
-- `state` is the whole map, '' for an empty one.
if redis.call('EXISTS', meta) == 0 then
  return 'gone'
end
local f = redis.call('HMGET', meta, 'stateVersion', 'stateTold', 'stateDue', 'stateBy')
if tonumber(f[1] or 0) ~= tonumber(version) or tonumber(f[2] or 0) ~= tonumber(told) then
  return 'changed'
end
if state == '' then
  redis.call('HDEL', meta, 'state')
else
  redis.call('HSET', meta, 'state', state)
  -- Kept with what is kept in it, should it be about to be forgotten; of `anonymous` ('1') it goes with the user.
  if anonymous ~= '1' then
    stay()
  end
end
redis.call('HSET', meta, 'stateVersion', string.format('%.0f', version + 1), 'stateDue', due,
  'stateBy', (not f[3] or f[4] == socket) and socket or '')
