-- Keeps the hash of a resume token, at most `tokensMax` a user: the one that runs out first gives way.
-- `record` is opaque. Replies: 'ok'.
local all = redis.call('HGETALL', resume)
local count, oldest, oldestAt = 0, nil, nil
for at = 1, #all, 2 do
  local expires = tonumber(string.match(all[at + 1], '^%d+'))
  if expires <= tonumber(now) then
    redis.call('HDEL', resume, all[at])
  else
    count = count + 1
    if not oldestAt or expires < oldestAt then
      oldest, oldestAt = all[at], expires
    end
  end
end
if count >= tonumber(tokensMax) then
  redis.call('HDEL', resume, oldest)
end
redis.call('HSET', resume, hash, expiresAt .. ' ' .. record)
redis.call('PEXPIREAT', resume, expiresAt)
return 'ok'
