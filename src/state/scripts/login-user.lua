-- Adds a socket to a user, keeps the hash of the resume token it is given, and tells the user's other sockets. Makes the
-- user where it is new. One step, so that nobody is told of a login that then fails, and that a socket that takes part in
-- the session (`syncing` '1') is given it as it is at the position behind which its notices begin.
-- The echo's frame ends with the count. `token` is `expiresAt`, the login it came of, and an opaque record; of a user's
-- tokens at most `socketsMax` are kept: the one that runs out first gives way. No `hash`, no token.
-- Replies: 'lost' | 'tooManySockets' | {position, nconnected, {room, filing (lib/session.lua) …}}.
if redis.call('EXISTS', tomb .. node) == 1 then
  return 'lost'
end
if redis.call('HLEN', sockets) >= tonumber(socketsMax) and redis.call('HEXISTS', sockets, socket) == 0 then
  return 'tooManySockets'
end
if not openLog(now) then
  newLog(epoch, now, 0)
end
if hash ~= '' then
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
  if count >= tonumber(socketsMax) then
    redis.call('HDEL', resume, oldest)
  end
  redis.call('HSET', resume, hash, token)
  redis.call('PEXPIREAT', resume, int(latestAt))
end
redis.call('HSET', sockets, socket, node)
if syncing == '1' then
  redis.call('SADD', synced, socket)
end
redis.call('PERSIST', events)
local count = redis.call('HLEN', sockets)
if count > 1 then
  announce(NOTICE, socket, frame .. u64(count))
  saveLog()
end
return { position(), count, syncing == '1' and redis.call('HGETALL', session) or {} }
