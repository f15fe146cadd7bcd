-- uses: clock contact/presence
-- What a user's contacts have yet to be told of it. Where that is something, the node that asks tells them, and nobody else
-- meanwhile, so that the last thing each of them hears is what is so. It comes back with what it has told (`toldNow`; '' at first),
-- and goes on if that has changed since: who finds it at work leaves it to it. One that has been silent for `holdMs`, or is
-- `dead`, has no claim any more. Until all were told it is not sure what contacts know: whoever comes after a node that died in
-- the middle tells everybody again. It gives a time to wait where a grace has to end first.
if redis.call('EXISTS', meta) == 0 then
  return 'gone'
end
local by, since = string.match(redis.call('HGET', meta, 'teller') or '', '^(%S+) (%d+)$')
if by and by ~= node and by ~= dead and math.abs(now - tonumber(since)) < tonumber(holdMs) then
  return 'busy'
end
if toldNow ~= '' then
  if by ~= node then
    return 'busy'
  end
  redis.call('HSET', meta, 'told', toldNow)
end
if redis.call('EXISTS', contacts) == 0 then
  redis.call('HDEL', meta, 'told', 'teller')
  return 'settled'
end
local actual, lastOnline = seen(), redis.call('HGET', meta, 'lastOnline')
if redis.call('HGET', meta, 'told') == actual then
  redis.call('HDEL', meta, 'teller')
  if actual == '1' and redis.call('HLEN', sockets) == 0 then
    return { tonumber(redis.call('HGET', meta, 'away')) - now, 1, lastOnline }
  end
  return 'settled'
end
redis.call('HSET', meta, 'told', '?', 'teller', node .. ' ' .. string.format('%.0f', now))
return { 0, tonumber(actual), lastOnline }
