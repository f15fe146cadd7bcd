-- uses: clock recipients
-- The echo of a join or leave to the user's other sockets. Follows the room's script; the room is the truth.
if not openLog(now) then
  return 'gone'
end
echo(allBut(except), except, frame, count)
saveLog()
