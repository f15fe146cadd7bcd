-- The peers of whom something may be unread by a user, those who wrote last first; each pair's log knows what.
return redis.call('ZREVRANGEBYSCORE', unread, '+inf', '-inf', 'LIMIT', 0, limit)
