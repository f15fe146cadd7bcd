-- Whether a name is in a user's own list.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
local key = ({ whitelist = whitelist, blacklist = blacklist })[listName]
if not key then
  return 'noList'
end
return redis.call('SISMEMBER', key, item)
