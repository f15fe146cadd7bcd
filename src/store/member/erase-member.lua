-- uses: clock access access/members
-- Takes a user who is erased out of what a room knows of members: it belongs to it no more, which the room is told, and is neither
-- silenced nor muted there. An owner stays one, as it stays on lists: both go with the room; and a member, unless `owners` is '1'. Nobody is there to be told on its own slot.
if not openLog(now) then
  return 'noRoom'
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
