-- uses: occupants conduct frame
-- Who belongs to a room, whether online or not: `roster`, a sorted set by name. Who is put on it has a mark, so what is unread counts without a join.
-- Wants the keys `meta`, `occupants`, `entries`, `muted`, `membersDue`, what lib/occupants.lua wants, and an open log.
--
-- A script adds and removes as many as it likes, announces to the room what has changed, and then calls `noteMembers` once, before
-- the log is saved. That notes for each user what is to be told on its own slot, and by which node, until it has been
-- (chat/member/telling.ts), also when that node dies: `membersDue` maps a user to its changes, a line each, the oldest
-- first. Whoever tells a user tells all of them, in this order: what is told late is never told behind what came later.
--   `+|- node time seq life socket by`
-- The time by the room's clock, with the number of the room's last event, orders the changes of one user, also those of two rooms that had
-- one name. `socket` has its answer and is not told, `-` for none; `by` is a user name, empty for the service.
local MEMBERS_TOLD_MAX = 100
-- A user whose slot has been away for so many changes is told of the latest.
local CHANGES_DUE_MAX = 16
local changedMembers, remindedMembers = {}, {}

-- False where it is a member already.
local function addMember(user)
  if redis.call('ZADD', roster, 0, user) == 0 then
    return false
  end
  redis.call('HSETNX', marks, user, int(log.id))
  changedMembers[#changedMembers + 1] = { user, '+' }
  return true
end

-- A member whose own slot does not know of it although nothing is due to it, for a failover of that may have lost what it was told: it is told
-- where it still does not (`=`), and nobody goes on with that behind this node, for whoever asks again finds it again.
local function remindMember(user)
  remindedMembers[#remindedMembers + 1] = user
end

-- False where it is no member. Whether it may stay in the room is for lib/evict.lua.
local function removeMember(user)
  if redis.call('ZREM', roster, user) == 0 then
    return false
  end
  redis.call('SREM', muted, user)
  if redis.call('HEXISTS', occupants, user) == 0 and redis.call('HEXISTS', entries, user) == 0 then
    dropMark(user)
  end
  changedMembers[#changedMembers + 1] = { user, '-' }
  return true
end

-- What posts go by, see lib/conduct.lua.
local function noteMembersInConduct()
  local c, count = conductOf(), redis.call('ZCARD', roster)
  local tells = count > 0 and count <= MEMBERS_TOLD_MAX and 1 or 0
  if c.tellsMembers ~= tells then
    c.tellsMembers = tells
    saveConduct(c)
  end
end

local function latestOf(note)
  local lines = {}
  for line in string.gmatch(note, '[^\n]+') do
    lines[#lines + 1] = line
  end
  return table.concat(lines, '\n', math.max(1, #lines - CHANGES_DUE_MAX + 2))
end

-- Returns whom to tell, as store/member/dues.ts reads it: users and their notes in turn.
local function noteMembers(teller, by, except)
  if #changedMembers + #remindedMembers == 0 then
    return {}
  end
  local due = {}
  local rest = table.concat({ teller, int(log.now), int(log.seq), log.life, except == '' and '-' or except, by }, ' ')
  for _, user in ipairs(remindedMembers) do
    due[#due + 1] = user
    due[#due + 1] = '= ' .. rest
  end
  if #changedMembers == 0 then
    return due
  end
  noteMembersInConduct()
  for _, change in ipairs(changedMembers) do
    local user, line = change[1], change[2] .. ' ' .. rest
    local before = redis.call('HGET', membersDue, user)
    local note = before and (latestOf(before) .. '\n' .. line) or line
    redis.call('HSET', membersDue, user, note)
    due[#due + 1] = user
    due[#due + 1] = note
  end
  -- It is bounded in time where the room is deleted. That of its successor is not.
  redis.call('PERSIST', membersDue)
  return due
end

-- Who did it, in a frame: nil for the service.
local function byIn(name)
  return name == '' and '\192' or str(name)
end
