-- Keeps the hash of a resume token, at most `tokensMax` a user: the one that runs out first gives way.
-- `family` names the login that it came of, `record` is opaque. Replies: 'ok'.
local all = redis.call('HGETALL', resume)
local count, oldest, oldestAt, latestAt = 0, nil, nil, tonumber(expiresAt)
for at = 1, #all, 2 do
  local expires = tonumber(string.match(all[at + 1], '^%d+'))
  if expires <= tonumber(now) then
    redis.call('HDEL', resume, all[at])
  else
    count = count + 1
    latestAt = math.max(latestAt, expires)
    if not oldestAt or expires < oldestAt then
      oldest, oldestAt = all[at], expires
    end
  end
end
if count >= tonumber(tokensMax) then
  redis.call('HDEL', resume, oldest)
end
redis.call('HSET', resume, hash, expiresAt .. ' ' .. family .. ' ' .. record)
redis.call('PEXPIREAT', resume, string.format('%.0f', latestAt))
return 'ok'
