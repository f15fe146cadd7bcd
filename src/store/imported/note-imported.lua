-- uses: direct/peers
-- Before messages are imported into the conversation of a user and `peer`: the user has one, of that time at least. So it is found by whoever
-- goes through the user's conversations, to give them away or to delete them, whatever becomes of the import.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
local score = redis.call('ZSCORE', peers, peer)
if not score or tonumber(score) < tonumber(at) then
  notePeer(peer, at)
end
keepPeers(anonymous)
