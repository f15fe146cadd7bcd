-- uses: direct direct/peers
-- Before a message is appended to a pair's log: may it be written to this user at all? And, where it is about to be, the note that
-- something may come from `author` (`noting` '1'): should the node die right after the append, the user's next look for what it
-- missed, or has not read, finds it. One step, so that what is noted was admitted. `toSelf` is '1' where the author is the user.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
if toSelf == '1' or not mayWrite(user, trusted) then
  return 'notAllowed'
end
if noting == '1' then
  local n, underWay = missedOf(author)
  writeMissed(author, n, underWay + 1, now)
  notePeer(author)
  noteUnread(author)
  keepPeers(anonymous)
end
