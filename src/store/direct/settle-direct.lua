-- uses: clock inbox/record recipients direct/peers
-- All messages of `peer` up to a number have come to the user: what is noted as missed of it ends there, where that is `newest`,
-- the number of the last one that the pair's log had. So does what is noted as unread, where all up to `readNumber` were read; 0
-- where this is not about that. Tells the user's other sockets, where there is something to tell. One step on the user's slot, behind the mark in the pair's log, which is the truth.
if not openLog(now) then
  return 'gone'
end
if frame ~= '' then
  record(allBut(except), frame)
  saveInbox()
end
settleMissed(peer, tonumber(number), tonumber(newest))
settleUnread(peer, tonumber(readNumber), tonumber(newest))
