-- Notes when a node's lease will have run out, for those who look for nodes to sweep: a hint, the lease itself decides. A
-- script because Redis refuses a plain ZADD when it is full.
redis.call('ZADD', nodes, expires, node)
