-- uses: clock evict frame usage access/members auth/once
-- Makes users members of a room and tells the room, each judged by itself: one step, so that no rule changes between the check and the act.
-- The owner is one as soon as anybody is, unless its own slot speaks against it: a room that was made without members has it in no list
-- before. Of an owner other than `judgedOwner`, of whom `ownerAgainst` is known, nothing is done, and it gives that name. `itself` '1': the user adds
-- itself, for which it has to be admitted; otherwise it needs the right to invite.
-- Names, quota and signature are as in edit-list.lua. The frame is `prefix`, the names that are new, `by`.
-- Rest arguments: name, what speaks against it as far as users' slots know ('' for nothing, `=`: it knows that it is one); two for each.
-- Gives for each the word that speaks against it, or that it is `done`. No position: nothing was done, for it takes more names than were granted.
if not openLog(now) then
  return 'noRoom'
end
local kind, invites = unpack(redis.call('HMGET', meta, 'kind', 'invites'))
local function mayInvite()
  return trusted == '1' or isOwnerOrAdmin(user) or (invites ~= 'admins' and isMember(user) and not isBanned(user))
end
if (kind and kind ~= '') or not (itself == '1' and admitted(user) or itself ~= '1' and mayInvite()) then
  return 'notAllowed'
end
if badSignature == '1' then
  return 'badSignature'
end
local words, new, isNew = {}, {}, {}
for at = rest, #ARGV, 2 do
  local name, word = ARGV[at], ARGV[at + 1]
  if isMember(name) then
    if word == '' and redis.call('HEXISTS', membersDue, name) == 0 then
      remindMember(name)
    end
    word = 'done'
  elseif (word == '' or word == '=') and isBanned(name) and not isOwnerOrAdmin(name) then
    word = 'notAllowed'
  elseif word == '' or word == '=' then
    word = 'done'
    new[#new + 1] = name
    isNew[name] = true
  end
  words[#words + 1] = word
end
local owner = redis.call('HGET', meta, 'owner')
if #new > 0 and owner and owner ~= '' and not isMember(owner) and not isNew[owner] then
  if owner ~= judgedOwner then
    return { false, {}, 0, log.life, {}, {}, false, false, owner }
  end
  if ownerAgainst == '' then
    new[#new + 1] = owner
  end
end
if #new > 0 and redis.call('ZCARD', roster) + #new > tonumber(limit) then
  return 'listLimitExceeded'
end
local granted = trusted ~= '1' and grantOf()
local wanted = granted and #new + namesIn()
if granted and #new > 0 and wanted > granted then
  return { false, {}, 0, log.life, {}, {}, false, { owner, log.life, wanted } }
end
if not isSigned() then
  return 'badSignature'
end
for _, name in ipairs(new) do
  -- Who has lost the room by a staged eviction, and is not out of it yet, is not given it back.
  if log.evicting == 1 then
    evictUnlessAdmitted(name)
  end
  addMember(name)
end
if #new > 0 then
  announce(NOTICE, '', prefix .. strs(new) .. byIn(by))
end
local due = noteMembers(teller, by, except)
tellEvictions()
saveLog()
return { position(), evicted, changesPending, log.life, due, words, #new > 32 and wish() or nil }
