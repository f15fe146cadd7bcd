-- uses: clock
-- A node is swept: takes it from those that may have to be, and notes for `keepMs` that it was.
redis.call('ZREM', nodes, node)
redis.call('ZADD', sweptNodes, string.format('%.0f', now), node)
redis.call('ZREMRANGEBYSCORE', sweptNodes, '-inf', string.format('%.0f', now - tonumber(keepMs)))
redis.call('PEXPIRE', sweptNodes, keepMs)
