-- uses: clock evict
-- Sets a room's mode and takes out whoever lost the room by it. One step where the room has at most `large` occupants.
-- The number of occupants is the users' choice, so in a larger room this only writes the rule: from here on posts, reads
-- and joins go by it, and at the event `STAGED_EVICTION` each node takes out its own occupants (evict-page.lua) before it
-- delivers anything later.
-- Until all nodes have, the room is not opened again: who has lost it is to be out, whatever is allowed later.
if not openLog(now) then
  return 'noRoom'
end
if trusted ~= '1' and not isOwnerOrAdmin(user) then
  return 'notAllowed'
end
-- Those who only have it in their sessions find out when these are read where they are many.
local function evictAll()
  for _, occupant in ipairs(redis.call('HKEYS', occupants)) do
    evictUnlessAdmitted(occupant)
  end
  if redis.call('HLEN', occupants) + redis.call('HLEN', entries) <= tonumber(large) then
    for _, away in ipairs(redis.call('HKEYS', entries)) do
      evictUnlessAdmitted(away)
    end
  end
end
local isLarge = redis.call('HLEN', occupants) > tonumber(large)
local told = redis.call('HGET', meta, 'accessListsUpdates') == '1'
if isLarge and mode == '1' then
  redis.call('HSET', meta, 'whitelistOnly', mode, EVICTING_NODES, table.concat(redis.call('SMEMBERS', nodes), ' '))
  log.evicting = 1
  announce(STAGED_EVICTION, '', told and frame or '')
else
  if log.evicting == 1 then
    if isLarge then
      return 'evicting'
    end
    evictAll()
    redis.call('HDEL', meta, EVICTING_NODES)
    log.evicting = 0
  end
  redis.call('HSET', meta, 'whitelistOnly', mode)
  if told then
    announce(NOTICE, '', frame)
  end
  -- Everybody whom the lists alone exclude was taken out when they were put there.
  if mode == '1' then
    evictAll()
  end
end
tellEvictions()
writeLog()
return { position(), evicted, changesPending, log.life }
