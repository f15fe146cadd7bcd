-- uses: clock access access/members auth/once
-- Takes a user who is gone out of what a room knows of members: it belongs to it no more, which the room is told, and is neither
-- silenced nor muted there. An owner stays one, as it stays on lists: both go with the room; and a member, unless `owners` is '1'. Nobody is there to be told on its own slot.
-- A `membership` (`life time seq`, '' for any) is ended once: whoever comes late with it, working on the same note as another node,
-- finds what a later user of the name may have. It is known for an hour, in which any command has come.
local ENDED_MS = 3600000
if not openLog(now) then
  return 'noRoom'
end
if membership ~= '' and (string.match(membership, '^%S+') ~= log.life
  or not noteOnce('former\n' .. user .. '\n' .. membership, int(now + ENDED_MS))) then
  return 'over'
end
redis.call('ZREM', paced, user)
redis.call('HDEL', membersDue, user)
if redis.call('ZREM', silenced, user) == 1 then
  local c = conductOf()
  c.hasSilenced = redis.call('EXISTS', silenced)
  saveConduct(c)
end
if owners == '1' then
  -- Nobody has that name again.
  redis.call('SREM', adminlist, user)
  redis.call('SREM', whitelist, user)
end
if (owners == '1' or not isOwner(user)) and removeMember(user) then
  noteMembersInConduct()
  announce(NOTICE, '', frame)
  saveLog()
end
