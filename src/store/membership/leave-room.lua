-- uses: clock occupants userlist
-- Takes sockets out of a room: a leave, a disconnect, or up to 500 sockets of a swept node at once. One step per call,
-- so that "was it the user's last socket" and the notice about it cannot disagree.
-- Each that was there has its place in the log, also where the room is not told, so that its node stops delivering to it
-- there; but for those of the node `closed`, which are gone ('' for none). A leave of the session names
-- the entry that this has given up, by the point up to which it was joined (`entryEpoch`, `entrySeq`; '' for other leaves): one
-- that was joined since is kept. Where sockets are left, of which nobody knows here whether they have joined for the session, it
-- stays until the last of them has gone, or it is joined again: until then it is negative.
-- Rest arguments: user, socket, its node, frame of the notice; four per socket. The notice's subject is the socket,
-- which is not to get it.
if not openLog(now) then
  return 'noRoom'
end

-- What the room has of a user's session goes where that has given it up and no socket is left; the mark where nothing of both is.
local function giveUp(user, njoined)
  local joinedAt = tonumber(redis.call('HGET', entries, user) or '')
  local isGivenUp = joinedAt and (joinedAt < 0 or (entryEpoch == log.epoch and joinedAt <= tonumber(entrySeq)))
  if isGivenUp and njoined == 0 then
    redis.call('HDEL', entries, user)
  elseif isGivenUp and joinedAt >= 0 then
    redis.call('HSET', entries, user, int(-1 - joinedAt))
  end
  if njoined == 0 and (isGivenUp or not joinedAt) then
    dropMark(user)
  end
end

local told = tellsUsers()
local results = {}
for at = rest, #ARGV, 4 do
  local user, socket, home = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local njoined, changed, last = removeOccupant(user, socket, home)
  local frame = ''
  if last and told then
    if isBatched() then
      noteChange(user, '0')
    else
      frame = ARGV[at + 3]
    end
  end
  if frame ~= '' or (changed and home ~= closed) then
    announce(NOTICE, socket, frame)
  end
  forgetIfEmpty(home)
  if njoined == 0 or entryEpoch == log.epoch then
    giveUp(user, njoined)
  end
  results[#results + 1] = { njoined, changed and 1 or 0 }
end
saveLog()
return { position(), results, changesPending, now }
