-- uses: clock occupants userlist
-- Takes sockets out of a room: a leave, a disconnect, or up to 500 sockets of a swept node at once. One step per call,
-- so that "was it the user's last socket" and the notice about it cannot disagree.
-- Each that was there has its place in the log, also where the room is not told, so that its node stops delivering to it
-- there; but for those of the node `closed`, which are gone ('' for none). A leave of the session names
-- the entry that this has given up, by the point up to which it was joined (`entryEpoch`, `entrySeq`; '' for other leaves): one
-- that was joined since is kept.
-- Rest arguments: user, socket, its node, frame of the notice; four per socket. The notice's subject is the socket,
-- which is not to get it.
if not openLog(now) then
  return 'noRoom'
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
  if entryEpoch == log.epoch and njoined == 0 then
    local joinedAt = redis.call('HGET', entries, user)
    if joinedAt and tonumber(joinedAt) <= tonumber(entrySeq) then
      redis.call('HDEL', entries, user)
    end
  end
  if njoined == 0 and redis.call('HEXISTS', entries, user) == 0 then
    dropMark(user)
  end
  results[#results + 1] = { njoined, changed and 1 or 0 }
end
saveLog()
return { position(), results, changesPending, now }
