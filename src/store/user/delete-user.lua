-- uses: clock log auth/revoked
-- Deletes a user who has no sockets, and no conversations any more: those are left first (pair/leaving.ts). One step, so that
-- nobody who logs in meanwhile is half there. A node that still
-- follows the user is told that this log has ended. What remains are tombstones of swept nodes and the repeats of
-- messages, both named apart from any later user of the name, and a mark that voids its resume tokens for as long as one is good,
-- `keptMs`, all gone by themselves; and what the service revoked, for tokens that others have signed go on. Whose contact the
-- user still is, or may be, is noted for who takes it out there (chat/contact/pairs.ts); so is of which rooms it is a member, and until it
-- is taken off their rosters (chat/member/former.ts) nobody has the name.
if not openLog(now) then
  return 'noUser'
end
if redis.call('HLEN', sockets) > 0 then
  return 'userOnline'
end
if redis.call('EXISTS', peers) == 1 then
  return 'hasPeers'
end
announce(DELETED, '', '')
if redis.call('EXISTS', contacts) == 1 then
  if redis.call('EXISTS', contactsFormer) == 1 then
    redis.call('ZUNIONSTORE', contactsFormer, 2, contactsFormer, contacts)
  else
    redis.call('RENAME', contacts, contactsFormer)
  end
end
for _, name in ipairs(redis.call('HKEYS', contactsDue)) do
  redis.call('ZADD', contactsFormer, 0, name)
end
if redis.call('EXISTS', belongs) == 1 then
  redis.call('RENAME', belongs, belongsFormer)
end
local at = endsAt()
redis.call('UNLINK', meta, history, events, sockets, devices, synced, session, leaving, whitelist, blacklist, voided,
  delivered, missed, unread, changesTold, changesDue, profile, wills, contacts, contactsDue, belonged)
redis.call('HSET', voided, '*', int(at))
redis.call('PEXPIRE', voided, keptMs)
