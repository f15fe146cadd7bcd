-- uses: access
-- Bans with an end: `bans` has until when, in ms by Redis's clock, of those on the blacklist who are not there for good. From that
-- time on they are not banned (lib/access.lua), and here they are taken off the list, some at a time. Wants lib/clock.lua before it.
local ENDED_BANS = 1000

local function forgetEndedBans()
  local ended = redis.call('ZRANGEBYSCORE', bans, '-inf', int(now), 'LIMIT', 0, ENDED_BANS)
  if #ended > 0 then
    redis.call('SREM', blacklist, unpack(ended))
    redis.call('ZREM', bans, unpack(ended))
  end
end

-- Who of the names on the blacklist is banned, where some may have been left there whose time is over; and how many those are.
local function stillBanned(listed)
  local ended = redis.call('ZCOUNT', bans, '-inf', int(now))
  if ended == 0 then
    return listed, 0
  end
  local kept = {}
  for _, name in ipairs(listed) do
    if isBanned(name) then
      kept[#kept + 1] = name
    end
  end
  return kept, ended
end

-- Bans names until a time, for good where it is ''.
local function ban(named, ends)
  redis.call('SADD', blacklist, unpack(named))
  if ends == '' then
    redis.call('ZREM', bans, unpack(named))
    return
  end
  local scored = {}
  for _, name in ipairs(named) do
    scored[#scored + 1] = ends
    scored[#scored + 1] = name
  end
  redis.call('ZADD', bans, unpack(scored))
end

local function unban(named)
  redis.call('SREM', blacklist, unpack(named))
  redis.call('ZREM', bans, unpack(named))
end
