-- uses: clock
-- The rooms whose time is over, the first of them first, at most `limit`; when the next one is, '' where none waits; and the time.
local due = redis.call('ZRANGEBYSCORE', endings, '-inf', now, 'LIMIT', 0, limit)
local waiting = redis.call('ZRANGEBYSCORE', endings, '(' .. string.format('%.0f', now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return { due, waiting[2] or '', now }
