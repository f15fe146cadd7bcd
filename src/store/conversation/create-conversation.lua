-- uses: clock evict room/make access/members conduct frame
-- Makes a room with those who belong to it, or finds the room of these people: one step, so that of several who make it at once one does
-- and the others find it. `create` '1': it is made where there is none. `unique` says which room of that name is theirs: '' none,
-- `pair` any, to which those are put back who do not belong to it any more; `set` one that has exactly these members.
-- `kind`, `invites`: '' for what is usual. `writers`: as lib/conduct.lua has it. `endsAt`: of a temporary room, '' for none; once it is over
-- the room is not made, for whoever would delete it may have been here. `by`, `except`, `teller`: see lib/access/members.lua.
-- `prefix`: a `roomMembersAdded` that ends before the names. `limit`: members of a room. Rest arguments: name, what speaks against making it
-- a member as far as users' slots know ('' for nothing, and where it is made); two for each of the people, the owner among them.
-- Nobody is put back against whom anything speaks: then nothing is done, and it gives the first of these.
if endsAt ~= '' and tonumber(endsAt) <= now then
  return 'roomExpired'
end
local people, against = {}, {}
for at = rest, #ARGV, 2 do
  people[#people + 1] = ARGV[at]
  against[ARGV[at]] = ARGV[at + 1]
end

local function isTheirs()
  if unique == 'pair' then
    return true
  end
  if redis.call('ZCARD', roster) ~= #people then
    return false
  end
  for _, name in ipairs(people) do
    if not isMember(name) then
      return false
    end
  end
  return true
end

if openLog(now) then
  if unique == '' then
    return 'roomExists'
  end
  if not isTheirs() then
    return 'othersRoom'
  end
  local added = {}
  for _, name in ipairs(people) do
    if not isMember(name) and (isOwnerOrAdmin(name) or not isBanned(name)) then
      if against[name] ~= '' then
        return { position(), evicted, changesPending, log.life, {}, 0, {}, name }
      end
      added[#added + 1] = name
    end
  end
  if #added > 0 then
    if redis.call('ZCARD', roster) + #added > tonumber(limit) then
      return 'listLimitExceeded'
    end
    for _, name in ipairs(added) do
      -- Who has lost the room by a staged eviction, and is not out of it yet, is not given it back.
      if log.evicting == 1 then
        evictUnlessAdmitted(name)
      end
      addMember(name)
    end
    announce(NOTICE, '', prefix .. strs(added) .. byIn(user))
  end
  local due = noteMembers(teller, user, except)
  tellEvictions()
  saveLog()
  return { position(), evicted, changesPending, log.life, due, 0, added }
end
if create ~= '1' then
  return 'noRoom'
end
makeRoom({
  epoch = epoch, owner = user, whitelistOnly = whitelistOnly, userlistUpdates = userlistUpdates,
  accessListsUpdates = accessListsUpdates, historyMax = historyMax, granted = granted, attributes = attributes,
}, { roster, bans, silenced, paced, muted, changed, reactions, changesDue })
for name, value in pairs({ kind = kind, invites = invites, endsAt = endsAt }) do
  if value ~= '' then
    redis.call('HSET', meta, name, value)
  end
end
local c = conductOf()
c.writers, c.kind, c.endsAt = tonumber(writers), ({ transient = 1, temporary = 2 })[kind] or 0, tonumber(endsAt) or 0
saveConduct(c)
for _, name in ipairs(people) do
  addMember(name)
end
return { position(), evicted, changesPending, log.life, noteMembers(teller, user, except), 1, {} }
