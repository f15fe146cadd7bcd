-- uses: clock room/keys history-bytes age/ages batch/failure conduct/standing
-- Posts to rooms, several messages to each: occupant? repeated? then the next id, append, publish. One step, so that the ids have no
-- gaps, the order of ids is the order of delivery, and nobody who has just been removed still posts. Each message is judged by
-- itself, in the order in which they came, and answered by itself.
-- Each room has two keys, its `meta` and what its keys begin with, which is none itself: so a slot that is on its way refuses the
-- whole. And one of `rest`: its posts, packed (lib/format.lua). The frame of a message comes in two parts, `prefix` and `middle`;
-- the fixed-width timestamp and id go behind each.
-- An empty prefix stands for a message over the limit: limits come after rights, and a repeat may carry anything.
-- `repeatKey` names the author, who need not be `user`, and its id of the message; '' for none.
-- `rules` packs `dedupMs`, the bytes that a room keeps, and for how long it keeps them (lib/age/ages.lua), which is looked at once a
-- second of a room at most. The time is Redis's, like that of all scripts (lib/clock.lua).
-- This is the hot path of the service: it works on locals, without lib/log.lua's table and functions. Who is trusted, the
-- service itself, may post anywhere. Where a large room has a staged eviction, occupants may still be there who are not
-- admitted any more (see set-mode.lua): only then the lists are asked.
-- A room that bounds who posts, and how often, says so in `conduct` (lib/conduct.lua): of others nothing more is asked. It is judged in
-- this order: is the time of the room over; is the user among the writers; silenced; and, of messages that are stored and no repeats,
-- is it too soon behind the last one.
-- What repeats are known by is bounded by author, once there are many in the room: who floods it is refused, nobody else.
-- The history gives way from its oldest end where it has too many bytes: for the room, or for its owner whose quota is used
-- up (lib/grant.lua). A room that will soon need more of the quota says so, and is not short of it before it was refused.
-- Who posts has read all before it: the marks (lib/occupants.lua) of all authors of a batch are moved by one command, which is all
-- that unread counts cost a post. Occupants have a mark; of others it is asked. Who is mentioned and has a mark is noted, and told back.
-- The id of a transient message is -1. Where it does not have the ordinary priority its event has a subject, which says so.
-- What is `JUDGED` is answered as if it were transient, and nothing comes of it.
-- A stored message may reply to one that has to be there, as readers see it (lib/history.lua).
local REPEATS_MAX, AUTHOR_REPEATS_MAX = 100000, 50000
-- From so many on Redis keeps them in a table instead of a list that it goes through: one value is too long for a list.
local LISTED_MAX, NO_LIST = 16, string.rep(' ', 65)
local call, pack, unpackBytes, sub = redis.call, struct.pack, struct.unpack, string.sub
local dedupMs, bytesMax, maxAgeMs = unpackBytes('>ddd', rules)
-- Of the room that is posted to: what lib/format.lua calls the position,
local epoch, last, seq, id, ts, messageTs, max, generation, previous, evicting, repeats, written, lookAt, restOfPosition
-- the time of its posts, also as it is written,
local at, stamp
-- what has come of them, what stands against each user (false for nothing), whether what repeats are known by expires, and up to where
-- their authors have read; what judges users further (lib/conduct/standing.lua), false where nothing has to; whether
-- people belong to it who are told that something was said.
local events, isChanged, against, isSureToExpire, read, standing, tells
-- What judges few posts (lib/messages/rare.lua), once it is wanted.
local rare

-- False where there is none.
local function openRoom()
  local stored = call('HMGET', meta, 'log', 'conduct')
  local packed, conduct = packedPosition(stored[1]), stored[2]
  if not packed then
    return false
  end
  epoch, last, seq, id, ts, messageTs, max, generation, previous, evicting, repeats, written, lookAt, restOfPosition =
    unpackBytes(POSITION, packed)
  at = now < ts and ts or now
  stamp = u64(at)
  events, isChanged, against, isSureToExpire, read, standing, tells = {}, false, {}, false, {}, false, false
  if conduct or evicting == 1 then
    local writers, hasSilenced, tellsMembers, _, slowMs, endsAt = unpackBytes(CONDUCT, conduct or string.rep('\0', CONDUCT_BYTES))
    tells = tellsMembers == 1
    if evicting == 1 or writers > 0 or hasSilenced == 1 or slowMs > 0 or endsAt > 0 then
      standing = standingIn(writers, hasSilenced, slowMs, endsAt, evicting)
    end
  end
  return true
end

local function closeRoom()
  if isChanged then
    call('HSET', meta, 'log', pack(POSITION, epoch, last, seq, id, ts, messageTs, max, generation, previous, evicting, repeats,
      written, lookAt, restOfPosition))
  end
  if #events == 1 then
    call('SPUBLISH', channel, events[1])
  elseif #events > 1 then
    local parts = { string.char(BATCH) }
    for _, event in ipairs(events) do
      parts[#parts + 1] = pack('>I4', #event)
      parts[#parts + 1] = event
    end
    call('SPUBLISH', channel, table.concat(parts))
  end
  local moved = {}
  for author, readId in pairs(read) do
    moved[#moved + 1] = author
    moved[#moved + 1] = readId
  end
  if #moved > 0 then
    -- The posts are there whatever becomes of it.
    redis.pcall('HSET', marks, unpack(moved))
  end
  if standing then
    standing.save()
  end
end

-- The names in the notes of a post.
local function namesIn(notes)
  local names, place = {}, string.byte(notes) > 1 and 10 or 2
  while place <= #notes do
    names[#names + 1], place = unpackBytes('>I2c0', notes, place)
  end
  return names
end

-- Notes who is mentioned by a message, and gives those of them by name; moves the mark of an author who need not be an occupant.
local function noteMentions(notes, newId)
  local names = namesIn(notes)
  local author = table.remove(names, 1)
  if author ~= '' and call('HEXISTS', marks, author) == 1 then
    read[author] = newId
  end
  local noted, told = {}, {}
  if string.byte(notes) % 2 == 1 then
    noted = { ':', newId }
  end
  local found = #names > 0 and call('HMGET', marks, unpack(names)) or {}
  for i, name in ipairs(names) do
    if found[i] then
      noted[#noted + 1], noted[#noted + 2] = name, newId
      told[#told + 1] = name
    end
  end
  if #noted > 0 then
    call('HSET', mentioned, unpack(noted))
  end
  return told
end

-- The reply to a repeat, or a refusal; nil where it is new, and noted, unless it `isRefused`.
local function judgeRepeat(repeatKey, isTransient, isRefused)
  -- Two generations of one hash instead of a key per message: what is younger than `dedupMs` is in one of them. Named
  -- by the room's life, not by the log's epoch: after a failover a message is repeated all the more.
  local current = (at - at % dedupMs) / dedupMs
  local kept = dedup .. sub(restOfPosition, 1, 16) .. ':'
  local key = kept .. current
  local first
  if isRefused or call('HSETNX', key, repeatKey, isTransient and -1 or id + 1) == 0 then
    first = call('HGET', key, repeatKey)
  end
  if generation ~= current then
    previous = generation == current - 1 and 1 or 0
    generation, repeats = current, 0
  end
  if not first and previous == 1 then
    first = call('HGET', kept .. (current - 1), repeatKey)
    if first and not isRefused then
      call('HDEL', key, repeatKey)
    end
  end
  if first then
    return { tonumber(first), seq, 1 }
  end
  if isRefused then
    return nil
  end
  -- Whenever this has made the key, and not only where the generation turns: while the clock is behind the log's, a generation
  -- lasts until it has caught up, and what was noted in it before may have expired.
  if not isSureToExpire and (now < ts or call('HLEN', key) == 1) then
    call('PEXPIRE', key, 2 * dedupMs)
  end
  isSureToExpire = true
  if repeats >= REPEATS_MAX then
    local counts = key .. ':authors'
    local count = call('HINCRBY', counts, string.match(repeatKey, '^[^\n]*'), 1)
    if count == 1 then
      call('PEXPIRE', counts, 2 * dedupMs)
    end
    if count > AUTHOR_REPEATS_MAX then
      call('HDEL', key, repeatKey)
      return 'tooMany'
    end
  end
  repeats = repeats + 1
  if repeats == LISTED_MAX then
    call('HSET', key, '', NO_LIST)
  end
end

local function post(transient, trusted, nonce, user, repeatKey, notes, middle, prefix)
  -- What a post notes: 1 where it mentions all, 2 where it replies to something, 3 for both.
  local flags = notes ~= '' and string.byte(notes) or 0
  -- What speaks against what it carries: it is not told of a repeat.
  local refusal
  if trusted ~= 1 then
    local reason = against[user]
    if reason == nil then
      reason = call('HEXISTS', occupants, user) == 0 and 'notJoined' or standing and standing.against(user)
      against[user] = reason
    end
    if reason == 'notJoined' and trusted == 2 then
      rare = rare or rareRules()
      reason = not rare.isAdmitted(user) and 'notJoined' or standing and standing.against(user)
    end
    if reason then
      return reason
    end
    if flags % 2 == 1 and call('HGET', meta, 'owner') ~= user
      and call('SISMEMBER', room .. 'adminlist', user) == 0 then
      refusal = 'notAllowed'
    end
  end
  local isTransient = transient ~= 0
  refusal = refusal or prefix == '' and 'messageTooLarge'
  if not refusal and flags > 1 and not isTransient then
    rare = rare or rareRules()
    refusal = not rare.hasParent(notes, id, max, at, maxAgeMs) and 'noMessage'
  end
  local waitMs = not refusal and standing and trusted == 0 and not isTransient and standing.waitOf(user)
  if repeatKey ~= '' then
    local reply = judgeRepeat(repeatKey, isTransient, refusal or waitMs)
    if reply then
      return reply
    end
  end
  if refusal then
    return refusal
  end
  if transient == JUDGED then
    return { -1, seq, 0 }
  end
  if waitMs then
    return { -1, seq, 0, false, false, { 'tooSoon', waitMs } }
  end
  if isTransient then
    local subject = transient == LOW and '<' or transient == HIGH and '>' or ''
    events[#events + 1] = pack(HEADER, TRANSIENT, seq, id, at, nonce, last, epoch, #subject) .. subject .. prefix .. stamp
    isChanged = isChanged or repeatKey ~= ''
    return { -1, seq, 0 }
  end
  local newId, newSeq, wish = id + 1, seq + 1
  local event = pack(HEADER, MESSAGE, newSeq, newId, at, nonce, last, epoch, 0)
    .. prefix .. stamp .. middle .. u64(newId)
  if max > 0 then
    local size = #event + ENTRY_BYTES
    written = written + size
    if written >= lookAt then
      lookAt, wish = lookAtBytes(newId, size, written, bytesMax, max, at, restOfPosition, { room .. 'latest', room .. 'reactions' })
    end
    -- Written as whole numbers, which is faster than finding out that they are.
    call('XADD', history, 'MAXLEN', '~', string.format('%d', max), string.format('%d-%d', newId, newSeq), 'e', event)
  end
  local isNewSecond = at - at % 1000 ~= messageTs - messageTs % 1000
  id, seq, last, isChanged = newId, newSeq, nonce, true
  ts, messageTs = at, at
  events[#events + 1] = event
  if flags > 1 then
    rare.noteReply(notes)
  end
  if isNewSecond and max > 0 then
    agesOf().keepYoung(history, 'aged', at, maxAgeMs, { room .. 'latest', room .. 'reactions' })
  end
  if trusted == 0 then
    read[user] = newId
    if standing then
      standing.notePost(user)
    end
  end
  local told = notes ~= '' and noteMentions(notes, newId)
  if tells then
    return { newId, newSeq, 0, wish or false, told, false, 1 }
  end
  if told then
    return { newId, newSeq, 0, wish or false, told }
  end
  return { newId, newSeq, 0, wish }
end

-- A reply to each of them goes into `replies`, whatever became of those before it.
local function postEach(posts, count, place, replies)
  for i = 1, count do
    local transient, trusted, nonce, user, repeatKey, notes, middle, prefix, next = unpackBytes(POST, posts, place)
    local isDone, reply = pcall(post, transient, trusted, nonce, user, repeatKey, notes, middle, prefix)
    replies[i] = isDone and reply or failed(reply, closeRoom)
    place = next
  end
end

local all = {}
for i = 0, (#KEYS - restKeys - 1) / 2 do
  enterRoom(KEYS[restKeys + 2 * i], KEYS[restKeys + 2 * i + 1])
  local posts, replies, failure = ARGV[rest + i], {}, 'noRoom'
  local count, place = unpackBytes('>I2', posts)
  local isRead, isThere = pcall(openRoom)
  if not isRead then
    failure = failed(isThere, closeRoom)
  elseif isThere then
    postEach(posts, count, place, replies)
    local isSaved, said = pcall(closeRoom)
    failure = not isSaved and failed(said, closeRoom)
  end
  for k = 1, count do
    local reply = replies[k]
    -- Nothing of what was posted is there where that could not be written down.
    local isLost = failure and type(reply) == 'table' and not reply.err and reply[3] == 0
    all[#all + 1] = (isLost or not reply) and failure or reply
  end
end
return all
