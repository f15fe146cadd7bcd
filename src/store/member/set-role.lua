-- uses: clock evict frame usage lists
-- Gives a member another role: `admin` puts it on the adminlist, `member` takes it off. For the owner and the service. One step with
-- telling the room, of the list where it tells of lists, then of the role. Who is not admitted without it is taken out: a member who is on the blacklist.
-- Quota is as in edit-list.lua. No position: nothing was done, for it takes more names than were granted.
if not openLog(now) then
  return 'noRoom'
end
if (trusted ~= '1' and not isOwner(user)) or role == 'owner' then
  return 'notAllowed'
end
if not isMember(subject) then
  return 'noMember'
end
if isOwner(subject) then
  return 'notAllowed'
end
local isAdmin = redis.call('SISMEMBER', adminlist, subject) == 1
if isAdmin == (role == 'admin') then
  return { position(), {}, 0, log.life, 0 }
end
if role == 'admin' then
  if redis.call('SCARD', adminlist) >= tonumber(limit) then
    return 'listLimitExceeded'
  end
  local granted = trusted ~= '1' and grantOf()
  local wanted = namesIn() + 1
  if granted and wanted > granted then
    return { false, {}, 0, log.life, 0, { redis.call('HGET', meta, 'owner'), log.life, wanted } }
  end
  if log.evicting == 1 then
    evictUnlessAdmitted(subject)
  end
  redis.call('SADD', adminlist, subject)
else
  redis.call('SREM', adminlist, subject)
end
if redis.call('HGET', meta, 'accessListsUpdates') == '1' then
  announce(NOTICE, '', listFrame)
end
announce(NOTICE, '', frame)
if role ~= 'admin' then
  evictUnlessAdmitted(subject)
end
tellEvictions()
saveLog()
return { position(), evicted, changesPending, log.life, 1 }
