-- A node is swept: takes it from those that may have to be, and notes for `keepMs` that it was. Replies: 'ok'.
local t = redis.call('TIME')
local at = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREM', nodes, node)
redis.call('ZADD', sweptNodes, string.format('%.0f', at), node)
redis.call('ZREMRANGEBYSCORE', sweptNodes, '-inf', string.format('%.0f', at - tonumber(keepMs)))
redis.call('PEXPIRE', sweptNodes, keepMs)
return 'ok'
