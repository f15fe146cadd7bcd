-- uses: clock notes
-- The last step of a leave of the session: notes that sockets are out of the room, tells all the user's sockets of each
-- that was noted, and forgets the leave. One step, so that whoever else finishes it (another leave at the same time, or
-- for a dead node) finds nothing to tell any more. A socket that has joined since, and whose join is noted already, is
-- left alone.
-- `except` does not hear of `socket`, which asked for the leave. The others may wait for the answer to a join of the same
-- room: the subject names it (lib/session.lua).
-- Rest arguments: socket, epoch and seq at which the room has taken it out, the user's sockets left, frame of the echo;
-- five for each.
if not openLog(now) then
  return 'gone'
end
redis.call('HDEL', leaving, field)
for at = rest, #ARGV, 5 do
  local one = ARGV[at]
  if noteOut(one, roomName, ARGV[at + 1], ARGV[at + 2]) then
    local but = one == socket and except or ''
    echo(but == '' and '\n' .. roomName or but, but, ARGV[at + 4], ARGV[at + 3])
  end
end
saveLog()
return position()
