-- uses: clock recipients contact/told
-- What is to be told of a user's state, by this node and nobody else until it has: its own sockets are told in this step, but for the
-- one that has set it, contacts and rooms by whoever asks. For `pauseMs`, and one ms for each contact, they are left alone behind that, and
-- what comes meanwhile is told together: then it gives how long to wait. A node that has been silent for `holdMs`, or is `dead`,
-- has left it: what it was to tell is told once more by the same number, and nothing later before that.
-- The frame is `prefix` and the changes.
local FIELD = 'stateTeller'
if not openLog(now) then
  return 'gone'
end
if not mayTell(FIELD, node, dead, holdMs) then
  return 'busy'
end
local f = redis.call('HMGET', meta, 'stateTelling', 'stateDue', 'stateQuiet', 'stateTold', 'stateBy')
if f[1] then
  keepTelling(FIELD, node)
  return { 0, tonumber(f[4]), f[1] }
end
if not f[2] then
  redis.call('HDEL', meta, FIELD)
  return 'settled'
end
local rest = pauseMs + redis.call('ZCARD', contacts)
local quietMs = tonumber(f[3] or 0) - now
-- Where it were longer the clock was set back.
if quietMs > 0 and quietMs <= rest then
  return { quietMs, 0, false }
end
-- Grows, also where another user of the name comes later.
local number = math.max(tonumber(f[4] or 0) + 1, now)
if redis.call('HLEN', sockets) > 0 then
  announce(NOTICE, stamped(allBut(f[5] or ''), int(number) .. ' ' .. user), prefix .. f[2])
end
redis.call('HSET', meta, 'stateTelling', f[2], 'stateTold', int(number), 'stateQuiet', int(now + rest))
redis.call('HDEL', meta, 'stateDue', 'stateBy')
keepTelling(FIELD, node)
saveLog()
return { 0, number, f[2] }
