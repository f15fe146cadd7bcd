-- uses: clock conduct/silenced lists usage
-- Users may not post in a room until a time, and the room is told: one step with the posts, so that what stands behind the notice in
-- the log is by nobody whom it names. Nobody is taken out. The owner is never silenced, whoever asks.
-- `endsAt` is that time, '' for good; where it is past they may post. `badName` is '1' where a name is not valid. What was granted of the
-- owner's quota decides as in edit-list.lua; without `seq` nothing was done, for it takes more names than that.
-- Rest arguments: the names.
if not openLog(now) then
  return 'noRoom'
end
local named = namesFrom(rest)
if not maySilence(user, trusted, named) then
  return 'notAllowed'
end
for _, name in ipairs(named) do
  if isOwner(name) then
    return 'ofOwner'
  end
end
if badName == '1' then
  return 'invalidName'
end
if #named == 0 then
  return { log.seq }
end
local ends = endsAt == '' and FOR_GOOD or tonumber(endsAt)
forgetEndedSilences()
if ends <= now then
  redis.call('ZREM', silenced, unpack(named))
else
  local scored, new, counted = {}, 0, {}
  for _, name in ipairs(named) do
    if not counted[name] and not redis.call('ZSCORE', silenced, name) then
      new = new + 1
    end
    counted[name] = true
    scored[#scored + 1] = int(ends)
    scored[#scored + 1] = name
  end
  if redis.call('ZCARD', silenced) + new > tonumber(limit) then
    return 'listLimitExceeded'
  end
  local granted = trusted ~= '1' and new > 0 and grantOf()
  if granted and new + namesIn() > granted then
    return { false, false, { redis.call('HGET', meta, 'owner'), log.life, new + namesIn() } }
  end
  redis.call('ZADD', silenced, unpack(scored))
end
noteSilenced()
announce(NOTICE, '', frame)
saveLog()
return { log.seq, #frame > 1024 and wish() or nil }
