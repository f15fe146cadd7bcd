-- uses: log
-- A page of the sockets that one node has in a room, with the position at which that is so, from the cursor '0' on. Their
-- number is the users' choice. Asked after a reset or an outage, never on the way of a message.
if not openLog() then
  return 'gone'
end
local scanned = redis.call('HSCAN', perNode .. node, cursor, 'COUNT', pageMax)
return { position(), scanned[2], scanned[1] }
