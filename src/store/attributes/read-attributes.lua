-- uses: access conduct
-- The attributes of a room, of which version they are, and whether `user` may change them: of one moment, for who writes compares by
-- the version. Those of a temporary room are what it was made with.
if not openLog() then
  return 'noRoom'
end
if not mayRead(user, trusted) then
  return 'notJoined'
end
local found = redis.call('HMGET', meta, 'attributes', 'attributesVersion')
local mayChange = (trusted == '1' or isOwnerOrAdmin(user)) and conductOf().kind ~= 2
return { tonumber(found[2] or 0), found[1], mayChange and 1 or 0 }
