-- Takes a socket away from a user and tells the remaining ones, room by room first.
-- Rest arguments: frame and count of each room's echo. Replies: 'gone' | {position, nconnected, changed}.
if not openLog(now) then
  return 'gone'
end
local changed = redis.call('HDEL', sockets, socket)
redis.call('SREM', synced, socket)
redis.call('UNLINK', rooms .. socket)
local count = redis.call('HLEN', sockets)
if count == 0 then
  -- Nobody follows a user without sockets; the ring is only kept for the stragglers.
  redis.call('PEXPIRE', events, 60000)
elseif changed == 1 then
  for at = rest, #ARGV, 2 do
    announce(NOTICE, '', ARGV[at] .. u64(tonumber(ARGV[at + 1])))
  end
  announce(NOTICE, '', frame .. u64(count))
  saveLog()
end
return { position(), count, changed }
