-- uses: clock contact/presence
-- What a user's contacts have yet to be told of it. Where that is something, the node that asks tells them, and nobody else
-- meanwhile, so that the last thing each of them hears is what is so. It comes back with what it has told (`toldNow`; '' at first),
-- and goes on if that has changed since, be it back to what it was: who finds it at work leaves it to it. One that has been silent for
-- `holdMs`, or is `dead`, has no claim any more. Until all were told it is not sure what contacts know: whoever comes after a node
-- that died in the middle tells everybody again; `isAnew` is '0' only to the one that goes on where it was itself. It gives a time to
-- wait where a grace has to end first, or where contacts were told something just now: for `restMs` and one ms for each of them they
-- are left alone, and what comes meanwhile is told as one ('0': they are not).
if redis.call('EXISTS', meta) == 0 then
  return 'gone'
end
local by, since = string.match(redis.call('HGET', meta, 'teller') or '', '^(%S+) (%d+)$')
if by and by ~= node and by ~= dead and math.abs(now - tonumber(since)) < tonumber(holdMs) then
  return 'busy'
end
local rest = tonumber(restMs)
if rest > 0 then
  rest = rest + redis.call('ZCARD', contacts)
end
if toldNow ~= '' then
  if by ~= node then
    return 'busy'
  end
  local isStale = redis.call('HGET', meta, 'told') == '!'
  redis.call('HSET', meta, 'told', isStale and '?' or toldNow, 'quiet', string.format('%.0f', now + rest))
  redis.call('HDEL', meta, 'teller')
  by = nil
end
if redis.call('EXISTS', contacts) == 0 then
  redis.call('HDEL', meta, 'told', 'teller', 'quiet')
  return 'settled'
end
local actual, lastOnline = seen(), redis.call('HGET', meta, 'lastOnline')
local told = redis.call('HGET', meta, 'told')
if told == actual then
  redis.call('HDEL', meta, 'teller')
  if actual == '1' and redis.call('HLEN', sockets) == 0 then
    return { tonumber(redis.call('HGET', meta, 'away')) - now, 1, lastOnline, 1 }
  end
  return 'settled'
end
local quietMs = tonumber(redis.call('HGET', meta, 'quiet') or 0) - now
-- Where it were longer the clock was set back.
if quietMs > 0 and quietMs <= rest then
  return { quietMs, tonumber(actual), lastOnline, 1 }
end
redis.call('HSET', meta, 'told', '?', 'teller', node .. ' ' .. string.format('%.0f', now))
return { 0, tonumber(actual), lastOnline, (told ~= '?' or by ~= node) and 1 or 0 }
