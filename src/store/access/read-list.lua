-- uses: access pages
-- A page of a list of a room, of about `limit` names: of the userlist those after the name `cursor`, in name order, of the
-- others what a scan gives.
if not openLog() then
  return 'noRoom'
end
if not mayRead(user, trusted) then
  return 'notJoined'
end
if listName == 'userlist' then
  -- What the reader has seen of changes that wait to be told is not taken back in silence (lib/userlist.lua).
  if redis.call('EXISTS', changes) == 1 then
    redis.call('HSET', meta, 'changesSeen', '1')
  end
  return pageOfNames(names, cursor, tonumber(limit))
end
local key = ({ adminlist = adminlist, whitelist = whitelist, blacklist = blacklist })[listName]
if not key then
  return 'noList'
end
return pageOfSet(key, cursor, tonumber(limit))
