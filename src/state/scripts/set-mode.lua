-- Sets a room's mode and takes out whoever lost the room by it. One step where the room has at most `large` members.
-- The number of members is the users' choice, so in a larger room this only writes the rule: from here on posts, reads
-- and joins go by it, and at the event `RESTRICTED` each node takes out its own members (purge-room.lua) before it
-- delivers anything later.
-- Replies: 'noRoom' | 'notAllowed' | {position, {user, its sockets …} taken out, whether changes wait, life}.
if not openLog(now) then
  return 'noRoom'
end
if user ~= '' and not isOwnerOrAdmin(user) then
  return 'notAllowed'
end
redis.call('HSET', meta, 'whitelistOnly', mode)
local told = redis.call('HGET', meta, 'accessListsUpdates') == '1' and frame or ''
if mode == '1' and redis.call('HLEN', members) > tonumber(large) then
  log.restricted = 1
  announce(RESTRICTED, '', told)
else
  -- Everybody whom the lists alone exclude was taken out when they were put there, or is now.
  log.restricted = 0
  if told ~= '' then
    announce(NOTICE, '', told)
  end
  if mode == '1' then
    for _, member in ipairs(redis.call('HKEYS', members)) do
      evictUnlessAdmitted(member)
    end
  end
end
writeLog()
return { position(), evicted, changesPending, log.life }
