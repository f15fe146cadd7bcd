-- uses: access pages conduct/format
-- A page of those who belong to a room, in the order of their names, with what each is there: `owner`, `admin` or `member`, and
-- until when it may not post, '0' for good, '' where it may (lib/conduct/silenced.lua has what `silenced` is).
if not openLog() then
  return 'noRoom'
end
if not mayRead(user, trusted) then
  return 'notJoined'
end
local count, found, next, life = unpack(pageOfNames(roster, cursor, tonumber(limit)))
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local roles, silences = {}, {}
for at, name in ipairs(found) do
  roles[at] = isOwner(name) and 'owner' or redis.call('SISMEMBER', adminlist, name) == 1 and 'admin' or 'member'
  local ends = tonumber(redis.call('ZSCORE', silenced, name) or 0)
  silences[at] = ends <= now and '' or ends == FOR_GOOD and '0' or int(ends)
end
return { count, found, next, life, roles, silences }
