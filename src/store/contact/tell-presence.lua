-- uses: clock recipients
-- Tells the sockets of a user what a contact is, unless it blocks that one, or it is a contact no more.
if redis.call('HLEN', sockets) == 0 or not redis.call('ZSCORE', contacts, other)
  or redis.call('SISMEMBER', blacklist, other) == 1 or not openLog(now) then
  return 0
end
announce(NOTICE, allBut(''), frame)
saveLog()
return 1
