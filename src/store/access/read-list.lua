-- uses: clock access access/bans pages
-- A page of a list of a room, of about `limit` names: of the userlist those after the name `cursor`, in name order, of the
-- others what a scan gives. Whose ban is over is not on the blacklist any more.
if not openLog() then
  return 'noRoom'
end
if not mayRead(user, trusted) then
  return 'notJoined'
end
if listName == 'userlist' then
  -- How many are in a transient room is told, not who; but for the service.
  if trusted ~= '1' and redis.call('HGET', meta, 'kind') == 'transient' then
    return { redis.call('ZCARD', names), {}, '', log.life }
  end
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
if listName ~= 'blacklist' then
  return pageOfSet(key, cursor, tonumber(limit))
end
forgetEndedBans()
local page = pageOfSet(key, cursor, tonumber(limit))
local banned, ended = stillBanned(page[2])
return { page[1] - ended, banned, page[3], page[4] }
