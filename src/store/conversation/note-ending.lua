-- Notes when a temporary room ends, before there is one: whatever becomes of who makes it, somebody looks at that time.
redis.call('ZADD', endings, endsAt, room)
