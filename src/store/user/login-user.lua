-- uses: clock log recipients
-- Adds a socket to a user, keeps the hash of the resume token it is given, and tells the user's other sockets. Makes the
-- user where it is new. One step, so that nobody is told of a login that then fails, that a login by a token and the end of
-- that token have an order, and that a socket that takes part in the session (`syncing` '1') is given it as it is at the
-- position behind which its notices begin.
-- The echo's frame ends with the count. `token` is `expiresAt`, the family that `disconnect` ends together, and a record,
-- opaque but for its beginning: `{"issuedAt":` and when. Those times are by Redis's clock, as is `tokenNow`. No `hash`, no
-- token. `shown` is the hash of the token that logs in, '' for none: it must be there still. At most `socketsMax` tokens
-- are kept: of the family that has most, so that nobody's other devices pay for one that comes again and again, the oldest
-- gives way; the one that was shown stays, for the answer may get lost.
-- Rest arguments: nodes whose sockets do not count, being gone or on their way out. So that they are no way around the
-- limit, all sockets together are never more than `PILED` times as many.
local PILED = 4
if redis.call('EXISTS', tomb .. node) == 1 then
  return 'lost'
end
if shown ~= '' and redis.call('HEXISTS', resume, shown) == 0 then
  return 'void'
end
local total, most = redis.call('HLEN', sockets), tonumber(socketsMax)
if total >= most and redis.call('HEXISTS', sockets, socket) == 0 then
  local isAbsent, homes, present = {}, {}, 0
  for at = rest, #ARGV do
    isAbsent[ARGV[at]] = true
  end
  local isListed = {}
  for _, home in ipairs(redis.call('HVALS', sockets)) do
    if not isAbsent[home] then
      present = present + 1
      if not isListed[home] then
        isListed[home] = true
        homes[#homes + 1] = home
      end
    end
  end
  if present >= most or total >= most * PILED then
    return { false, total, {}, homes }
  end
end
if not openLog(now) then
  newLog(epoch, now, 0)
end

-- Of each family: how many there are, and which one may go.
local function oldestOfLargest(all)
  local families, largest = {}, nil
  for at = 1, #all, 2 do
    local expires, name, issued = string.match(all[at + 1], '^(%d+) (%S+) {"issuedAt":(%d+)')
    if not expires then
      expires, name = string.match(all[at + 1], '^(%d+) (%S*)')
    end
    local family = families[name] or { count = 0 }
    families[name] = family
    family.count = family.count + 1
    -- What was written before there was a time of issue is older than anything since.
    issued, expires = tonumber(issued or 0), tonumber(expires)
    local isOlder = not family.oldest or issued < family.issued
      or (issued == family.issued and expires < family.expires)
    if all[at] ~= shown and isOlder then
      family.oldest, family.issued, family.expires = all[at], issued, expires
    end
  end
  for _, family in pairs(families) do
    local isLarger = not largest or family.count > largest.count
      or (family.count == largest.count
        and (family.issued < largest.issued or (family.issued == largest.issued and family.expires < largest.expires)))
    if family.oldest and isLarger then
      largest = family
    end
  end
  return largest and largest.oldest
end

if hash ~= '' then
  local all, kept = redis.call('HGETALL', resume), {}
  local latestAt = tonumber(expiresAt)
  for at = 1, #all, 2 do
    local expires = tonumber(string.match(all[at + 1], '^%d+'))
    if expires <= tonumber(tokenNow) then
      redis.call('HDEL', resume, all[at])
    else
      kept[#kept + 1] = all[at]
      kept[#kept + 1] = all[at + 1]
      latestAt = math.max(latestAt, expires)
    end
  end
  if #kept / 2 >= most then
    local oldest = oldestOfLargest(kept)
    if oldest then
      redis.call('HDEL', resume, oldest)
    end
  end
  redis.call('HSET', resume, hash, token)
  redis.call('PEXPIREAT', resume, int(latestAt))
end
redis.call('HSET', sockets, socket, node)
if syncing == '1' then
  redis.call('SADD', synced, socket)
end
if redis.call('PERSIST', meta) == 1 then
  -- It was about to be forgotten (logout-user.lua).
  for _, key in ipairs({ session, whitelist, blacklist }) do
    redis.call('PERSIST', key)
  end
end
redis.call('PERSIST', events)
local count = redis.call('HLEN', sockets)
if count > 1 then
  announce(NOTICE, allBut(socket), frame .. u64(count))
  saveLog()
end
return { position(), count, syncing == '1' and redis.call('HGETALL', session) or {}, {} }
