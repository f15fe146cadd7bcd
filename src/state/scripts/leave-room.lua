-- Takes sockets of one node out of a room: a leave, a disconnect, or up to 500 sockets of a swept node at once.
-- One step per call, so that "was it the user's last socket" and the notice about it cannot disagree.
-- Rest arguments: user, socket, frame of the notice; three per socket. The notice's subject is the socket, which is
-- not to get it.
-- Replies: 'noRoom' | {position, {njoined, changed, announced} per socket …}.
if not openLog(now) then
  return 'noRoom'
end
local notices = redis.call('HGET', meta, 'userlistUpdates') == '1'
local results = {}
for at = rest, #ARGV, 3 do
  local njoined, changed, last = removeMember(ARGV[at], ARGV[at + 1], node)
  local before = announced
  if last and notices then
    announce(NOTICE, ARGV[at + 1], ARGV[at + 2])
  end
  results[#results + 1] = { njoined, changed and 1 or 0, announced - before }
end
if redis.call('EXISTS', perNode .. node) == 0 then
  redis.call('SREM', nodes, node)
end
saveLog()
return { position(), results }
