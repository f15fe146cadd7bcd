-- uses: clock evict lists usage auth/once access/bans
-- Adds names to a list of a room or takes them out, tells the room, and takes out whoever lost it by that. One step, so
-- that no rule changes between the check and the act, and nobody is an occupant who may not be one.
-- `badName` is '1' where a name is not valid: that comes after rights and before limits.
-- Names are of the owner's quota, and the events that tell of them too (lib/grant.lua). What the room was granted decides
-- here; where that does not do, the caller asks for more on the owner's slot, and comes again. The service may add anyway.
-- `onceOnly` is the nonce of a signature that the edit needs, '' for none, which is noted until `onceUntil` with the change: what was
-- refused otherwise has not used it up. It is kept here, for a signature names the room and the user, and outlives the room.
-- `badSignature` is '1' where it is known to be none.
-- `endsAt` is when those who are put on the blacklist are off it again, '' for never. A time that is past ends it at once.
-- Rest arguments: the names. No position: nothing was done, for it takes more names than were granted.
if not openLog(now) then
  return 'noRoom'
end
local named = namesFrom(rest)
if listName == 'userlist' or not mayEdit(user, trusted, listName, named) then
  return 'notAllowed'
end
local key = ({ adminlist = adminlist, whitelist = whitelist, blacklist = blacklist })[listName]
if not key then
  return 'noList'
end
if badName == '1' then
  return 'invalidName'
end
if badSignature == '1' then
  return 'badSignature'
end
if #named == 0 then
  return { position(), {}, 0, log.life }
end
-- Who has lost the room by a staged eviction, and is not out of it yet, is not given it back.
local function evictStaged()
  if log.evicting == 1 then
    for _, name in ipairs(named) do
      evictUnlessAdmitted(name)
    end
  end
end
forgetEndedBans()
local isBlacklist = listName == 'blacklist'
if adding == '1' then
  if redis.call('SCARD', key) + newIn(key, named) > tonumber(limit) then
    return 'listLimitExceeded'
  end
  local granted = trusted ~= '1' and grantOf()
  local wanted = granted and newIn(key, named) + namesIn()
  if granted and wanted > granted then
    return { false, {}, 0, log.life, false, { redis.call('HGET', meta, 'owner'), log.life, wanted } }
  end
  if not isSigned() then
    return 'badSignature'
  end
  evictStaged()
  if isBlacklist then
    ban(named, endsAt)
  else
    redis.call('SADD', key, unpack(named))
  end
else
  if not isSigned() then
    return 'badSignature'
  end
  evictStaged()
  if isBlacklist then
    unban(named)
  else
    redis.call('SREM', key, unpack(named))
  end
end
if redis.call('HGET', meta, 'accessListsUpdates') == '1' then
  announce(NOTICE, '', frame)
end
-- Nobody loses anything by being put on a list of the admitted, or taken off the blacklist.
if (adding == '1') == isBlacklist then
  for _, name in ipairs(named) do
    evictUnlessAdmitted(name)
  end
end
tellEvictions()
saveLog()
return { position(), evicted, changesPending, log.life, #frame > 1024 and wish() or nil }
