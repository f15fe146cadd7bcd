-- All nodes that there may be, each with when its lease was to run out as of its last note. A script because replies of scripts
-- have one form with every protocol.
return redis.call('ZRANGE', nodes, 0, -1, 'WITHSCORES')
