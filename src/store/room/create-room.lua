-- uses: clock room/make
-- Creates a room that does not exist, with its lists. One step, so that a name is never half created.
-- `granted` is what was reserved of the owner's quota (lib/grant.lua), packed; '' where there is none to ask for.
-- `maxAge`: how old its messages may become (lib/age/ages.lua), '' for the service's rule.
-- Rest arguments: the name of a list, a name in it; two for each.
if redis.call('EXISTS', meta) == 1 then
  return 'roomExists'
end
makeRoom({
  epoch = epoch, owner = owner, whitelistOnly = whitelistOnly, userlistUpdates = userlistUpdates,
  accessListsUpdates = accessListsUpdates, historyMax = historyMax, granted = granted, attributes = '',
}, { roster, bans, silenced, paced, muted, changed, reactions, changesDue })
if maxAge ~= '' then
  redis.call('HSET', meta, 'maxAge', maxAge)
end
local lists = { adminlist = adminlist, whitelist = whitelist, blacklist = blacklist }
for at = rest, #ARGV, 2 do
  redis.call('SADD', lists[ARGV[at]], ARGV[at + 1])
end
