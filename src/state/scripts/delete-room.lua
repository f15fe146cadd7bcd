-- Deletes a room and tells every node that has sockets in it. One step: from here on nobody finds, joins or posts.
-- The members are only renamed (their number is the users' choice); the caller pages through them to notify users.
-- Replies: 'noRoom' | 'notAllowed' | {epoch, seq, id, ts, nonce}.
if not openLog(now) then
  return 'noRoom'
end
if not isOwner(user) then
  return 'notAllowed'
end
announce(DELETED, '', frame)
if redis.call('EXISTS', members) == 1 then
  local key = gone .. log.epoch
  redis.call('RENAME', members, key)
  redis.call('PEXPIRE', key, 3600000)
end
for _, node in ipairs(redis.call('SMEMBERS', nodes)) do
  redis.call('UNLINK', perNode .. node)
end
local generation = math.floor(log.now / tonumber(dedupMs))
redis.call('UNLINK', dedup .. log.life .. ':' .. int(generation), dedup .. log.life .. ':' .. int(generation - 1))
redis.call('UNLINK', meta, nodes, names, seen, history, events, adminlist, whitelist, blacklist)
return position()
