-- uses: clock recipients
-- Tells the sockets of a user what a contact shows of how it is, unless it blocks that one, or it is a contact no more: in passing, for what
-- it is can be asked for, and nothing of it stays here when that user is erased.
if redis.call('HLEN', sockets) == 0 or not redis.call('ZSCORE', contacts, other)
  or redis.call('SISMEMBER', blacklist, other) == 1 or not openLog(now) then
  return 0
end
publish(stamped(allBut(''), stamp), frame)
return 1
