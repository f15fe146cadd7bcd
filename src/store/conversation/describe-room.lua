-- uses: clock conversation/belonging conduct/format
-- What a room is, and what `user` is to it: of one moment. Until when the user is silenced is -1 for good (conduct/silence.lua), 0 where it
-- is not.
if not openLog(now) then
  return 'noRoom'
end
if not mayRead(user, trusted) then
  return 'notJoined'
end
local f = redis.call('HMGET', meta, 'owner', 'whitelistOnly', 'invites', 'attributes', 'attributesVersion')
local c = conductOf()
local ends = tonumber(redis.call('ZSCORE', silenced, user) or 0)
local silencedUntil = ends == FOR_GOOD and -1 or ends > now and ends or 0
return {
  f[1], f[2], f[3], f[4], tonumber(f[5] or 0), c.kind, c.writers, c.slowMs, c.endsAt, roleOf(user),
  silencedUntil, redis.call('SISMEMBER', muted, user), redis.call('ZCARD', roster), redis.call('HLEN', occupants),
  log.epoch, log.id,
}
