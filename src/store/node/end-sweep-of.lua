-- A topic is swept. That may be lost where the topic is, by a failover, and not here: so it is kept in mind for `keepMs` that it
-- was (reopen-sweep.lua).
redis.call('ZADD', swept, 0, topic)
redis.call('PEXPIRE', swept, keepMs)
redis.call('ZREM', manifest, topic)
