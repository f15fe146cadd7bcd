-- uses: clock recipients
-- The last step of a leave of the session: tells all the user's sockets of each that was taken out of the room for it, and
-- forgets the leave. One step, so that what a dead node has begun is told by whoever goes on with it, or is done.
-- `except` does not hear of `socket`, which asked for the leave. The others may wait for the answer to a join of the same
-- room, or have joined since: the subject says where in the room's log each was taken out (lib/recipients.lua).
-- Rest arguments: socket, epoch and seq at which the room has taken it out, the user's sockets left, frame of the echo;
-- five for each.
if not openLog(now) then
  return 'gone'
end
redis.call('HDEL', leaving, field)
for at = rest, #ARGV, 5 do
  local one = ARGV[at]
  local but = one == socket and except or ''
  echo(outOf(allBut(but), roomName, ARGV[at + 1], ARGV[at + 2], one), but, ARGV[at + 4], ARGV[at + 3])
end
saveLog()
return position()
