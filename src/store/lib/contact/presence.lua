-- Whether a user is online to others. `away` in `meta` is the time from which on it is not, once it has no socket: the
-- end of the last one and a grace that hides reconnects. `told` is what all its contacts were told last: '1' online, '0' offline,
-- '?' while that is not sure, '!' where there is something new beyond what is being told. `quiet` is until when none is told anything. No grace is longer than `GRACE_MAX`: where there is more to wait the clock was set back. Wants lib/clock.lua before it, and the keys `meta` and `sockets`.
local GRACE_MAX = 300000

local function seen()
  if redis.call('HLEN', sockets) > 0 then
    return '1'
  end
  local leftMs = tonumber(redis.call('HGET', meta, 'away') or 0) - now
  return leftMs > 0 and leftMs <= GRACE_MAX and '1' or '0'
end
