-- uses: clock access history messages/changed
-- What a reader may know of a room, in one step.
if not openLog(now) then
  return 'noRoom'
end
if not mayRead(user, trusted) then
  return 'notJoined'
end
local f = redis.call('HMGET', meta, 'owner', 'whitelistOnly', 'userlistUpdates', 'accessListsUpdates', 'maxAge', 'change')
local last, _, lastTime = changeLine(f[6])
return {
  f[1], f[2], f[3], f[4], log.max, f[5], log.epoch, log.id, oldestVisible(), redis.call('HLEN', occupants), last, lastTime,
}
