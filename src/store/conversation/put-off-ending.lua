-- uses: clock
-- A room whose time is over could not be ended: those that can come before it.
if redis.call('ZSCORE', endings, room) then
  redis.call('ZADD', endings, now + tonumber(laterMs), room)
end
