-- uses: clock log auth/revoked
-- Ends the logins of a user, or of one device (a family; `*` for all): what was issued up to now logs nobody in any more,
-- and the nodes close the open sockets. One step, so that no login is missed that is under way: it is among the sockets, or
-- refused (login-user.lua). Marks stay for good, for tokens that others have signed may be good for ever; of devices there are
-- at most `MOST`, and a mark for all takes their place. The sockets leave no wills.
local MOST = 1000
if not openLog(now) then
  return 'noUser'
end
local isAll = family == '*'
if not isAll and redis.call('HLEN', revoked) >= MOST and redis.call('HEXISTS', revoked, family) == 0 then
  return 'listLimitExceeded'
end
-- Never before what was ended already.
local at = endsAt()
if isAll then
  for _, marks in ipairs({ revoked, voided }) do
    for _, before in ipairs(redis.call('HVALS', marks)) do
      at = math.max(at, tonumber(before))
    end
  end
  redis.call('UNLINK', revoked, voided)
else
  at = math.max(at, tonumber(redis.call('HGET', revoked, family) or 0))
end
redis.call('HSET', revoked, family, int(at))
local count = 0
if isAll then
  count = redis.call('HLEN', sockets)
  redis.call('UNLINK', wills)
else
  local all = redis.call('HGETALL', devices)
  for i = 1, #all, 2 do
    -- A tag may follow.
    if string.match(all[i + 1], '^%S+') == family then
      count = count + 1
      redis.call('HDEL', wills, all[i])
    end
  end
end
if count > 0 then
  announce(DISCONNECT, reason .. (isAll and '' or '\n' .. family), '')
  saveLog()
end
return count
