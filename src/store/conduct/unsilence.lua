-- uses: clock conduct/silenced lists
-- Users may post in a room again, and the room is told, where one of them could not. Rest arguments: the names. `badName` is '1' where one is not
-- valid. No `seq`: nothing was to be done.
if not openLog(now) then
  return 'noRoom'
end
local named = namesFrom(rest)
if not maySilence(user, trusted, named) then
  return 'notAllowed'
end
if badName == '1' then
  return 'invalidName'
end
forgetEndedSilences()
local done = false
for _, name in ipairs(named) do
  local ends = redis.call('ZSCORE', silenced, name)
  done = done or (ends and tonumber(ends) > now)
end
if #named > 0 then
  redis.call('ZREM', silenced, unpack(named))
end
noteSilenced()
if not done then
  return { false }
end
announce(NOTICE, '', frame)
saveLog()
return { log.seq }
