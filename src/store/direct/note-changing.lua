-- uses: clock direct/peers
-- Before a user changes something in the log of a pair: the note of it, which names the peer and the node. Should that die before both
-- are told, whoever sweeps after it here goes on. One step, so that nothing is noted of a user who is not there.
if redis.call('EXISTS', meta) == 0 then
  return 'gone'
end
redis.call('HSET', changesDue, note, '1')
keepPeers(anonymous)
