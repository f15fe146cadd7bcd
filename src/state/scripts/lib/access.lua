-- Who may do what in a room. Wants the keys `meta`, `members`, `adminlist`, `whitelist`, `blacklist`.
-- Every script of a room asks here, so that a rule is changed in one place.

local function isOwner(user)
  return redis.call('HGET', meta, 'owner') == user
end

local function isOwnerOrAdmin(user)
  return isOwner(user) or redis.call('SISMEMBER', adminlist, user) == 1
end

-- May this user join: owner or admin, then the blacklist, then the mode, then the whitelist.
local function admitted(user)
  if isOwnerOrAdmin(user) then
    return true
  end
  if redis.call('SISMEMBER', blacklist, user) == 1 then
    return false
  end
  if redis.call('HGET', meta, 'whitelistOnly') ~= '1' then
    return true
  end
  return redis.call('SISMEMBER', whitelist, user) == 1
end

-- May this user read: members, the owner and admins.
local function mayRead(user)
  return redis.call('HEXISTS', members, user) == 1 or isOwnerOrAdmin(user)
end
