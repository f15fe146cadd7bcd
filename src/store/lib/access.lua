-- uses: log
-- Who may do what in a room. Wants the keys `meta`, `occupants`, `adminlist`, `whitelist`, `blacklist`, `roster`, `bans` and an open log.
-- Every script of a room asks here, so that a rule is changed in one place. Who is `trusted` ('1')
-- has every right: the service itself. What it names is judged like anybody else.

local function isOwner(user)
  return user ~= '' and redis.call('HGET', meta, 'owner') == user
end

local function isOwnerOrAdmin(user)
  return isOwner(user) or redis.call('SISMEMBER', adminlist, user) == 1
end

-- Does this user belong to the room, whether online or not.
local function isMember(user)
  return redis.call('ZSCORE', roster, user) and true or false
end

-- Is this user on the blacklist; who is for a time is not when that is over, whoever takes it off. Readers have no clock of their own.
local function isBanned(user)
  if redis.call('SISMEMBER', blacklist, user) == 0 then
    return false
  end
  local ends = redis.call('ZSCORE', bans, user)
  if not ends then
    return true
  end
  local time = redis.call('TIME')
  return tonumber(ends) > time[1] * 1000 + math.floor(time[2] / 1000)
end

-- May this user join: owner or admin, then the blacklist, then the mode, then the whitelist and the members.
local function admitted(user)
  if isOwnerOrAdmin(user) then
    return true
  end
  if isBanned(user) then
    return false
  end
  if redis.call('HGET', meta, 'whitelistOnly') ~= '1' then
    return true
  end
  return redis.call('SISMEMBER', whitelist, user) == 1 or isMember(user)
end

-- Is this user an occupant; one who is not admitted any more is none, though not every node may have taken it out yet.
local function isOccupant(user)
  return redis.call('HEXISTS', occupants, user) == 1 and (log.evicting == 0 or admitted(user))
end

-- May this user read: occupants, the owner and admins, members who may join.
local function mayRead(user, trusted)
  return trusted == '1' or isOccupant(user) or isOwnerOrAdmin(user) or (isMember(user) and admitted(user))
end

-- May this user edit a list: the owner any, admins all but the adminlist, unless the owner is among the names.
local function mayEdit(user, trusted, listName, named)
  if trusted == '1' or isOwner(user) then
    return true
  end
  if listName == 'adminlist' or redis.call('SISMEMBER', adminlist, user) == 0 then
    return false
  end
  local owner = redis.call('HGET', meta, 'owner')
  for _, name in ipairs(named) do
    if name == owner and name ~= '' then
      return false
    end
  end
  return true
end
