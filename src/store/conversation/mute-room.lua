-- uses: access
-- A member wants no push for a room, or wants it again (`on` '0'). Only members are noted, so there are never more than these. Says whether
-- that is new.
if not openLog() then
  return 'noRoom'
end
if not isMember(user) then
  return 'notAllowed'
end
return redis.call(on == '1' and 'SADD' or 'SREM', muted, user)
