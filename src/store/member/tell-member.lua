-- uses: clock inbox/record recipients inbox/age conversation/belonged
-- Tells a user of its changes as a member of one room, in their order, and keeps in `belongs` whether it is one: the rooms' rosters are the truth,
-- and this follows them. Each is told once: one that is not later than what is known already was told, or has been overtaken, and changes
-- nothing. For that the latest removal from a room is known for a while (`belonged`).
-- Whoever belongs to a room is kept as one who has left something behind on purpose; of `anonymous` ('1') it goes with the user.
-- Rest arguments: sign, time, number, life, the socket that is not told ('' for none), frame; six for each. Signs: `+` it is added,
-- `=` the same where it does not know, `-` removed, `!` the room is deleted: who does not know of it need not be told, but who has only
-- found it gone.
-- A user who is gone, having been added before, is a member without knowing of it: that is noted as by its deletion.
local CHANGE = 6
local IS_MEMBER = { ['+'] = true, ['='] = true }
if not openLog(now) then
  local sign, at, seq, life = unpack(ARGV, #ARGV - CHANGE + 1)
  if IS_MEMBER[sign] then
    redis.call('HSET', belongsFormer, roomName, life .. ' ' .. at .. ' ' .. seq)
  end
  return 'gone'
end

-- Life, time and number of what is known; nothing where nothing is.
local function known(key)
  local life, at, seq, rest = string.match(redis.call('HGET', key, roomName) or '', '^(%S+) (%S+) (%S+)(.*)$')
  if life then
    return { life = life, at = tonumber(at), seq = tonumber(seq), isFoundGone = rest == ' ?' }
  end
end

-- Numbers are of one room: of two that had the name in one ms the one that somebody is added to is the later one.
local function isLater(sign, at, seq, life, than)
  if not than or at ~= than.at then
    return not than or at > than.at
  end
  if life ~= than.life then
    return IS_MEMBER[sign]
  end
  return seq > than.seq
end

local function keep()
  if leftMs() > 0 then
    if anonymous == '1' then
      redis.call('PEXPIRE', belongs, leftMs())
    else
      stay()
    end
  end
end

for first = rest, #ARGV, CHANGE do
  local sign, at, seq, life, except, frame = unpack(ARGV, first, first + CHANGE - 1)
  local member, former = known(belongs), known(belonged)
  local function isLaterThan(other)
    return isLater(sign, tonumber(at), tonumber(seq), life, other)
  end
  local isKnown = sign == '=' and member and member.life == life
  if not isKnown and isLaterThan(member) and isLaterThan(former) then
    local point = life .. ' ' .. at .. ' ' .. seq
    if IS_MEMBER[sign] then
      redis.call('HSET', belongs, roomName, point)
      redis.call('HDEL', belonged, roomName)
      keep()
    else
      redis.call('HDEL', belongs, roomName)
      noteBelonged(roomName, point)
    end
    if sign ~= '!' or member or (former and former.isFoundGone and former.life == life) then
      record(allBut(except), frame)
    end
  end
end
saveInbox()
trimOldNotices()
return position()
