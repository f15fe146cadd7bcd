-- uses: clock evict frame access/members auth/once
-- Takes members out of a room, each judged by itself, tells the room, and takes out of it who is not admitted otherwise: one step.
-- An admin who is no member any more is no admin: a role is a member's. `itself` '1': the user quits, for which it needs no right.
-- Frames: `prefix`, the names, `by`; `listPrefix`, the names that were on the adminlist.
-- Rest arguments: the names. Gives for each the word that speaks against it, or that it is `done`.
if not openLog(now) then
  return 'noRoom'
end
local kind = redis.call('HGET', meta, 'kind')
local isFixed = kind and kind ~= ''
local mayAny = trusted == '1' or isOwner(user)
if isFixed or (itself ~= '1' and not mayAny and not isOwnerOrAdmin(user)) then
  return 'notAllowed'
end
if badSignature == '1' or not isSigned() then
  return 'badSignature'
end
local words, out, admins = {}, {}, {}
for at = rest, #ARGV do
  local name = ARGV[at]
  local isAdmin = redis.call('SISMEMBER', adminlist, name) == 1
  local word = 'done'
  if isOwner(name) or (isAdmin and name ~= user and not mayAny) then
    word = 'notAllowed'
  elseif removeMember(name) then
    out[#out + 1] = name
    if isAdmin then
      redis.call('SREM', adminlist, name)
      admins[#admins + 1] = name
    end
  end
  words[#words + 1] = word
end
if #out > 0 then
  announce(NOTICE, '', prefix .. strs(out) .. byIn(by))
end
if #admins > 0 and redis.call('HGET', meta, 'accessListsUpdates') == '1' then
  announce(NOTICE, '', listPrefix .. strs(admins))
end
for _, name in ipairs(out) do
  evictUnlessAdmitted(name)
end
local due = noteMembers(teller, by, except)
tellEvictions()
saveLog()
return { position(), evicted, changesPending, log.life, due, words }
