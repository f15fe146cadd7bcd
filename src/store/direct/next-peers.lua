-- The users with whom one has conversations, a page of those of longest ago, each with the time that is noted of it. Takes out those
-- that are done with first, unless something was said since. One step, so that no conversation is forgotten that goes on.
-- Rest arguments: name and time of each that is done with.
for at = rest, #ARGV, 2 do
  local peer, time = ARGV[at], ARGV[at + 1]
  if redis.call('ZSCORE', peers, peer) == time then
    redis.call('ZREM', peers, peer)
    redis.call('HDEL', delivered, peer)
    redis.call('HDEL', missed, peer)
    redis.call('HDEL', changesTold, peer)
    redis.call('ZREM', unread, peer)
  end
end
return redis.call('ZRANGE', peers, 0, tonumber(limit) - 1, 'WITHSCORES')
