-- uses: access
-- Whether a name is in a list of a room, its userlist included.
if not openLog() then
  return 'noRoom'
end
if listName == 'userlist' then
  return isOccupant(item) and 1 or 0
end
if listName == 'blacklist' then
  return isBanned(item) and 1 or 0
end
local key = ({ adminlist = adminlist, whitelist = whitelist })[listName]
if not key then
  return 'noList'
end
return redis.call('SISMEMBER', key, item)
