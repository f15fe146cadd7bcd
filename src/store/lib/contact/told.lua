-- Whom a user's contacts are told something by. Wants lib/clock.lua before it, and the keys `meta`, `contacts`, `blacklist`.

-- Whether a node may begin: no other one is at it, by `field`, unless it has been silent for `holdMs`, or is `dead`. Gives that node too.
local function mayTell(field, node, dead, holdMs)
  local by, since = string.match(redis.call('HGET', meta, field) or '', '^(%S+) (%d+)$')
  local isBusy = by and by ~= node and by ~= dead and math.abs(now - tonumber(since)) < tonumber(holdMs)
  return not isBusy, by
end

local function keepTelling(field, node)
  redis.call('HSET', meta, field, node .. ' ' .. string.format('%.0f', now))
end

-- A page of the contacts without those that the user blocks, and the name behind which the next one begins, false at the end.
local function toldPage(after, limit)
  local page = redis.call('ZRANGEBYLEX', contacts, after == '' and '-' or ('(' .. after), '+', 'LIMIT', 0, limit)
  local names, blocks = {}, redis.call('EXISTS', blacklist) == 1
  for _, name in ipairs(page) do
    if not (blocks and redis.call('SISMEMBER', blacklist, name) == 1) then
      names[#names + 1] = name
    end
  end
  return { names, #page == tonumber(limit) and page[#page] or false }
end
