-- uses: clock inbox/record direct direct/told inbox/recalled inbox/age
-- Tells a user's sockets of changes of messages in the log of a pair, in their order and each once, as far as they were not told. It
-- asks the rules once more of what the other one did (`asked` '1'), for this is the step that acts: nothing but a recall reaches anybody
-- who has blocked it meanwhile. With a recall goes all that the user was told of that message, in the same step.
-- Rest arguments of each change, ascending: its number, its time, the id of the message, `asked`, what is left of a message that
-- was recalled, '' of any other, and the frame.
if not openLog(now) then
  return 'noUser'
end
local change, at = toldOf(peer, life)
local frames, isNews = {}, false
for place = rest, #ARGV, 6 do
  local n, time = tonumber(ARGV[place]), tonumber(ARGV[place + 1])
  local id, asked, left, frame = unpack(ARGV, place + 2, place + 5)
  if n > change or time > at then
    change, at, isNews = n, time, true
    if left ~= '' then
      recall(tonumber(id), left, frame)
    end
    if asked ~= '1' or mayWrite(peer, '0') then
      frames[#frames + 1] = frame
    end
  end
end
takeOutRecalled()
for _, frame in ipairs(frames) do
  record('', frame)
end
if isNews then
  writeTold(peer, life, change, at)
  keepPeers(anonymous)
end
saveInbox()
trimOldNotices()
return { log.seq, #frames }
