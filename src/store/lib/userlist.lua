-- uses: log frame
-- How a room tells who comes and goes: at once, or, in a large room, in batches. `changes` keeps the net changes that
-- have not been told; flush-changes.lua tells them, at most once a second.
-- Wants the keys `meta`, `occupants`, `changes`, the argument `large`, lib/log.lua and lib/frame.lua.
local changesPending = 0

local function tellsUsers()
  return redis.call('HGET', meta, 'userlistUpdates') == '1'
end

-- Once begun, a batch is ended before anything is told at once again: order among the notices of one user.
local function isBatched()
  return redis.call('HLEN', occupants) > tonumber(large) or redis.call('EXISTS', changes) == 1
end

-- Whoever came and went, or went and came, within one batch is not told of; unless somebody has read the userlist
-- meanwhile, who has seen what would be taken back.
local function noteChange(user, change)
  local before = redis.call('HGET', changes, user)
  if before and before ~= change and redis.call('HEXISTS', meta, 'changesSeen') == 0 then
    redis.call('HDEL', changes, user)
  else
    redis.call('HSET', changes, user, change)
  end
  changesPending = 1
end
