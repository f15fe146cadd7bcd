-- Begins, or goes on, sweeping a dead node out of a room: the tombstone first, so that nothing of that node can join
-- any more, then a page of what is left of it. Replies: {socket, user …}, empty when done.
redis.call('SET', tomb .. node, '1', 'PX', tombMs)
return redis.call('HSCAN', perNode .. node, '0', 'COUNT', pageMax)[2]
