-- uses: clock recipients
-- Takes a socket away from a user and tells the remaining ones, room by room first. After the last one a user is forgotten
-- `keptMs` later: one who has left nothing behind on purpose, and of `anonymous` ('1') all of it, for nobody comes back to
-- such a name once its resume tokens are over.
-- For contacts it is online for `graceMs` more; it gives for how long, where there are any.
-- One that has a will is not taken away before that is settled (chat/message/wills.ts), unless its user has ended it (`onPurpose` '1').
-- Rest arguments: frame and count of each room's echo.
if not openLog(now) then
  return 'gone'
end
if onPurpose ~= '1' and redis.call('HEXISTS', wills, socket) == 1 then
  return 'will'
end
redis.call('HDEL', wills, socket)
local changed = redis.call('HDEL', sockets, socket)
redis.call('HDEL', devices, socket)
redis.call('SREM', synced, socket)
-- What an earlier version noted of it.
redis.call('UNLINK', rooms .. socket)
local count = redis.call('HLEN', sockets)
local seenFor = false
if count == 0 then
  if changed == 1 then
    redis.call('HSET', meta, 'lastOnline', int(now), 'away', int(now + tonumber(graceMs)))
  end
  if redis.call('EXISTS', contacts) == 1 then
    seenFor = math.max(0, math.min(tonumber(redis.call('HGET', meta, 'away') or 0) - now, tonumber(graceMs)))
  end
  -- Nobody follows a user without sockets; the ring is only kept for the stragglers, and not for another life of the user.
  redis.call('PEXPIRE', events, math.min(60000, tonumber(keptMs)))
  if anonymous == '1' then
    for _, key in ipairs({ meta, history, session, whitelist, blacklist, peers, delivered, missed, unread, changesTold, profile, belongs }) do
      redis.call('PEXPIRE', key, keptMs)
    end
  elseif redis.call('EXISTS', session, whitelist, blacklist, peers, leaving, owned, profile, contacts, contactsDue,
    contactsFormer, belongs) == 0
    and redis.call('HGET', meta, 'kept') ~= '1' and redis.call('HGET', meta, 'directWhitelistOnly') ~= '1'
    and redis.call('HEXISTS', meta, 'state') == 0 then
    redis.call('PEXPIRE', meta, keptMs)
    redis.call('PEXPIRE', history, keptMs)
  end
elseif changed == 1 then
  for at = rest, #ARGV, 2 do
    announce(NOTICE, allBut(''), ARGV[at] .. u64(tonumber(ARGV[at + 1])))
  end
  announce(NOTICE, allBut(''), frame .. u64(count))
  saveLog()
end
return { count, changed, seenFor }
