-- uses: access occupants userlist
-- Taking users out who lost the room. The event names all sockets taken out and their user; its frame tells the others.
-- Where the room is not told of each by itself, all users of one script share an event: there may be thousands, and the
-- ring of events is short. `tellEvictions` must come before the log is saved.
-- Their sessions lose the room, too, also of those who are away: they have no sockets in the event, which tells the room nothing of them.
-- `evictedUsers` notes each for the node `teller`, which tells them on their own slots, until
-- it has. Wants these keys, `entries`, lib/occupants.lua, lib/userlist.lua, lib/access.lua and the argument `leftPrefix`: a `roomUserLeft` up to the name.
-- Until it is announced; those that are told together have one number.
local UNNUMBERED = -1
local evicted, together, touched = {}, {}, {}
local tells, batched

-- Without a frame it is told together with others.
local function takeOut(user, list, frame)
  if frame then
    announce(EVICTED, list .. '\n' .. user, frame)
  else
    together[#together + 1] = list .. '\n' .. user
  end
  dropMark(user)
  redis.call('HDEL', entries, user)
  evicted[#evicted + 1] = user
  evicted[#evicted + 1] = list
  evicted[#evicted + 1] = frame and log.seq or UNNUMBERED
end

local function evict(user)
  local list = redis.call('HGET', occupants, user)
  if not list then
    return
  end
  for socket, node in string.gmatch(list, '(%S+)@(%S+)') do
    redis.call('HDEL', perNode .. node, socket)
    touched[node] = true
  end
  dropOccupant(user)
  if tells == nil then
    -- For the whole script: what it takes out ends no batch.
    tells, batched = tellsUsers(), isBatched()
  end
  if tells and batched then
    noteChange(user, '0')
  end
  takeOut(user, list, tells and not batched and leftPrefix .. str(user) or nil)
end

local function evictUnlessAdmitted(user)
  if redis.call('HEXISTS', occupants, user) == 1 then
    if not admitted(user) then
      evict(user)
    end
  elseif redis.call('HEXISTS', entries, user) == 1 then
    if not admitted(user) then
      takeOut(user, '')
    end
  elseif redis.call('HEXISTS', marks, user) == 1 and not admitted(user) then
    -- Should it be admitted again, it begins anew.
    dropMark(user)
  end
end

local function tellEvictions()
  for node in pairs(touched) do
    forgetIfEmpty(node)
  end
  if #together > 0 then
    announce(EVICTED, table.concat(together, '\n'), '')
    for at = 3, #evicted, 3 do
      evicted[at] = evicted[at] == UNNUMBERED and log.seq or evicted[at]
    end
  end
  for at = 1, #evicted, 3 do
    local point = teller .. ' ' .. log.epoch .. ' ' .. int(evicted[at + 2]) .. ' ' .. log.life
    redis.call('HSET', evictedUsers, evicted[at], point .. ' ' .. evicted[at + 1])
  end
  if #evicted > 0 then
    redis.call('PEXPIRE', evictedUsers, 3600000)
  end
end
