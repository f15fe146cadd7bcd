-- uses: access conduct
-- What a room is to somebody who belongs to it. Wants an open log, and the keys of lib/access.lua.

-- A member who may not come in sees nothing of the room as long as it may not, and nobody sees one whose time is over.
local function isListed(user)
  if not isMember(user) or (isBanned(user) and not isOwnerOrAdmin(user)) then
    return false
  end
  local time = redis.call('TIME')
  local endsAt = conductOf().endsAt
  return endsAt == 0 or endsAt > time[1] * 1000 + math.floor(time[2] / 1000)
end

-- '' of who has none.
local function roleOf(user)
  if isOwner(user) then
    return 'owner'
  end
  if redis.call('SISMEMBER', adminlist, user) == 1 then
    return 'admin'
  end
  return isMember(user) and 'member' or ''
end

-- When something was said last, before the first time when it was made.
local function activeAt()
  if log.messageTs > 0 then
    return log.messageTs
  end
  -- An earlier build did not note it.
  return tonumber(redis.call('HGET', meta, 'createdAt') or log.ts)
end
