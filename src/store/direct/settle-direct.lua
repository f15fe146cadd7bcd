-- uses: clock log recipients direct/peers
-- All messages of `peer` up to a number have come to the user: what is noted as missed of it ends there, where that is `newest`,
-- the number of the last one that the pair's log had. Tells the user's other
-- sockets, where there is something to tell. One step on the user's slot, behind the mark in the pair's log, which is the truth.
if not openLog(now) then
  return 'gone'
end
if frame ~= '' and redis.call('HLEN', sockets) > redis.call('HEXISTS', sockets, except) then
  announce(NOTICE, allBut(except), frame)
  saveLog()
end
settleMissed(peer, tonumber(number), tonumber(newest))
