-- uses: clock room/beginning history access conduct conduct/standing history-bytes batch/failure messages/changed messages/reactions messages/notices messages/appending messages/acts
-- Changes messages of a room, several in a call, each judged by itself and in the order in which they came: is there such a message, may
-- the user do that, does it fit. What is done is told here, by notices in the room's log, under numbers of their own (lib/messages/changed.lua):
-- one step, so that the order in which changes are told is the order in which they were made.
-- Appends to one message that follow each other are one change. In rooms of more than `large` occupants reactions are counted at once,
-- and told later, once a second and message: `changesDue` has when (`c:ID`), and of messages that posts have replied to how often that
-- was not told yet (`r:ID`, post-messages.lua). Whoever comes here next tells what is due; `tell` asks for nothing else.
-- What makes a message larger counts against what the room keeps, like a post. Of a message that is recalled nothing is left: not in the
-- stream, which is to be written anew (authored/rewrite-history.lua), and not in what was told of it, in the ring.
-- Rest arguments: of each change its `kind`, the `user` whose rights it is made with, whether it is `trusted`, `by` whom it is (''
-- for the service), the `id` of the message, and what the kind wants: update: `content`, a map in MessagePack, '' for one that is too
-- large, the version that it has to be of, '' for any, and whom it mentions, a name a line; recall: the reason in MessagePack, '' for none; react: the key, and '1' to
-- take it back; append: the text, where it belongs, '' for the end, and '1' where that is all. `editWindowMs` is how long a message may
-- be given other words, 0 for ever, and `adminsEdit` '1' where the owner and admins may.
-- Whom an update mentions is noted as of a post (message/post-messages.lua), and told back, where that is news.
local FIELDS, DUE_PAGE, PAUSE_MS, NIL = 8, 50, 1000, '\192'
local maps, recalled, hasRecalled, grown, wish = messageMaps(), {}, false, false, nil
-- The message that is being appended to, the smallest id that is seen, and what judges users who write and who react, once they are wanted.
local pending, firstSeen, writers, readers

-- The message of an id as it is now, opened, with its entry; nil where there is none, or nothing is left of it.
local function messageOf(id)
  firstSeen = firstSeen or oldestVisible()
  if not id or id < firstSeen or id > log.id then
    return nil
  end
  local entry = entriesBetween(id, id, 1)[1]
  local message = entry and maps.open(entry[2][2])
  if message and not maps.isRecalled(message) then
    return message, entry
  end
end

-- So many bytes more are kept, or less: who gives and takes back the same all the time does not write the room full.
local function keepMore(bytes)
  if bytes == 0 then
    return
  end
  log.written, grown = log.written + bytes, true
  if bytes > 0 and log.written >= log.lookAt then
    local restOfPosition = struct.pack(REST, log.life, log.ringWritten, log.ringLookAt)
    local lookAt, wanted = lookAtBytes(log.id, 0, log.written, tonumber(bytesMax), log.max, log.now, restOfPosition,
      { latest, reactions })
    log.lookAt, wish, firstSeen = lookAt, wanted or wish, nil
  end
end

-- A message is as it is now.
local function store(id, message, entry)
  local event = maps.shut(message)
  local wasChanged = putLatest(id, event)
  keepMore(wasChanged and #event - #entry[2][2] or #event + ENTRY_BYTES)
end

local function tell(id, kind, message, rest)
  announce(NOTICE, '', changeNotice(maps, nextChange(id), id, kind, maps.versionOf(message), log.now, rest))
end

-- The reply to what was done to a message.
local function done(message, length, counts)
  return { log.seq, maps.versionOf(message), log.now, length or 0, counts or {} }
end

-- A refusal that says a number.
local function refused(word, n)
  return { 0, 0, 0, 0, {}, { word, n } }
end

-- What stands against a user, false for nothing. Who reacts need not be one of those who may write.
local function against(kind, user)
  if kind == 'recall' and isOwnerOrAdmin(user) then
    return false
  elseif not isOccupant(user) then
    return 'notJoined'
  elseif kind == 'recall' then
    return false
  end
  if not writers then
    local c = conductOf()
    writers = standingIn(c.writers, c.hasSilenced, 0, c.endsAt, 0)
    readers = standingIn(0, c.hasSilenced, 0, c.endsAt, 0)
  end
  local reason = (kind == 'react' and readers or writers).against(user)
  return type(reason) == 'table' and refused(unpack(reason[6])) or reason
end

-- Whether a user may give a message other words, or more: a word, or false where nothing is against it.
local function againstWords(kind, user, trusted, message)
  if trusted == '1' then
    return false
  end
  local isOwn = maps.textOf(message.own.author) == user
  if not isOwn and not (kind == 'update' and adminsEdit == '1' and isOwnerOrAdmin(user)) then
    return 'notAllowed'
  end
  local window = tonumber(editWindowMs)
  return window > 0 and log.now - maps.numberOf(message.own.timestamp) > window and 'tooLate'
end

-- Who has changed something, where it was not the author.
local function otherThan(message, by)
  if by == (maps.textOf(message.own.author) or '') then
    return {}
  end
  return { { 'by', by == '' and NIL or maps.text(by) } }
end

-- What was appended is one change. Its replies say so.
local function endAppend()
  local ended = pending
  pending = nil
  if not ended or #ended.replies == 0 then
    return
  end
  local message, rest = ended.message, endText(maps, ended)
  local isStored, said = pcall(store, ended.id, message, ended.entry)
  if isStored then
    isStored, said = pcall(tell, ended.id, 'append', message, rest)
  end
  for _, reply in ipairs(ended.replies) do
    reply[1], reply[2], reply.failed = log.seq, maps.versionOf(message), not isStored and said or nil
  end
end

-- Notes whom a message mentions now: of those who have a mark who has not read it, and whom neither it nor a later one mentioned. Gives them.
local function noteMentions(id, lines)
  local people, noted, told = {}, {}, {}
  for name in string.gmatch(lines, '[^\n]+') do
    people[#people + 1] = name
  end
  local readUpTo = redis.call('HMGET', marks, unpack(people))
  local known = redis.call('HMGET', mentioned, unpack(people))
  for i, name in ipairs(people) do
    if readUpTo[i] and id > math.max(tonumber(readUpTo[i]), tonumber(known[i] or 0)) then
      noted[#noted + 1], noted[#noted + 2] = name, int(id)
      told[#told + 1] = name
    end
  end
  if #told > 0 then
    redis.call('HSET', mentioned, unpack(noted))
  end
  return told
end

local changes = {}

function changes.update(message, entry, id, user, trusted, by, content, ifVersion, mentions)
  local reason = againstWords('update', user, trusted, message)
  if reason or content == '' then
    return reason or 'messageTooLarge'
  end
  local version = maps.versionOf(message)
  if ifVersion ~= '' and tonumber(ifVersion) ~= version then
    return refused('versionConflict', version)
  end
  maps.replaceContent(message, content)
  age(maps, message)
  store(id, message, entry)
  local rest = otherThan(message, by)
  table.insert(rest, 1, { 'message', maps.mapOf(message) })
  tell(id, 'update', message, rest)
  local reply = done(message)
  reply.mentioned = mentions ~= '' and noteMentions(id, mentions)
  return reply
end

function changes.recall(message, entry, id, user, trusted, by, reason)
  if trusted ~= '1' and maps.textOf(message.own.author) ~= user and not isOwnerOrAdmin(user) then
    return 'notAllowed'
  end
  empty(maps, message)
  replaceEntry(entry, maps.shut(message))
  redis.call('HDEL', changesDue, 'c:' .. int(id), 'r:' .. int(id))
  local rest = { { 'by', by == '' and NIL or maps.text(by) } }
  rest[2] = reason ~= '' and { 'reason', reason } or nil
  tell(id, 'recall', message, rest)
  recalled[id], hasRecalled = { version = maps.versionOf(message), at = log.now, rest = rest }, true
  return done(message)
end

function changes.react(message, entry, id, _, _, by, key, removes)
  local isRemoved = removes == '1'
  local more = setReaction(maps, message, id, key, by, isRemoved)
  if not more then
    return 'tooManyReactions'
  end
  if more ~= 0 then
    keepMore(more)
    store(id, message, entry)
    if redis.call('HLEN', occupants) > tonumber(large) then
      redis.call('HSETNX', changesDue, 'c:' .. int(id), int(now + PAUSE_MS))
    else
      redis.call('HDEL', changesDue, 'c:' .. int(id))
      tell(id, 'reactions', message, reactionTold(maps, message, key, by, isRemoved))
    end
  end
  local counts = {}
  for _, count in ipairs(countsIn(maps, message)) do
    counts[#counts + 1], counts[#counts + 2] = count[1], int(count[2])
  end
  return done(message, 0, counts)
end

function changes.append(message, entry, id, user, trusted, by, piece, offset, ends)
  local reason = againstWords('append', user, trusted, message)
  if reason then
    return reason
  end
  if not pending then
    pending = beginText(maps, id, by, message, entry)
    if not pending then
      return 'noText'
    end
  end
  local more = restOf(pending.text, piece, offset)
  if not more then
    return refused('wrongOffset', #pending.text)
  elseif more == '' and (ends ~= '1' or pending.isDone) then
    -- A repeat, or nothing. It is as far as what is being appended.
    local reply = done(message, #pending.text)
    if #pending.replies > 0 then
      table.insert(pending.replies, reply)
    end
    return reply
  elseif pending.isDone then
    return 'isDone'
  elseif more ~= '' and pending.size + #more > tonumber(messageBytes) then
    return 'messageTooLarge'
  end
  pending.text, pending.size, pending.isDone = pending.text .. more, pending.size + #more, ends == '1'
  local reply = done(message, #pending.text)
  table.insert(pending.replies, reply)
  return reply
end

-- Tells some of what is due on a page of what waits; returns the next page, and when there is more, in ms from now, -1 where there is none.
local function tellPage(cursor)
  local found, wait, looked = redis.call('HSCAN', changesDue, cursor, 'COUNT', DUE_PAGE), -1, 0
  for i = 1, #found[2], 2 do
    local what, id = string.match(found[2][i], '^(%a):(%d+)$')
    local value, leftMs = tonumber(found[2][i + 1]), 0
    -- Where it were longer the clock was set back.
    if what == 'c' and value > now and value <= now + PAUSE_MS then
      leftMs = value - now
    elseif looked == DUE_PAGE then
      wait = 0
      break
    else
      looked = looked + 1
      id = tonumber(id)
      local message, entry = messageOf(id)
      if message and what == 'r' then
        message.own.repliesCount = maps.number((maps.numberOf(message.own.repliesCount) or 0) + value)
        store(id, message, entry)
      end
      -- What could not be stored is due again.
      redis.call('HDEL', changesDue, found[2][i])
      if message and what == 'c' then
        tell(id, 'reactions', message, { { 'counts', message.own.reactions or maps.map({}) } })
      elseif message then
        tell(id, 'replies', message, { { 'repliesCount', message.own.repliesCount } })
      end
    end
    if leftMs > 0 and (wait < 0 or leftMs < wait) then
      wait = leftMs
    end
  end
  return found[1], wait, looked
end

-- Tells some of what is due, wherever it stands among what is not yet; returns when there is more, as above.
local function tellDue()
  local cursor, wait = '0', -1
  repeat
    local left, looked
    cursor, left, looked = tellPage(cursor)
    if looked > 0 and (left == 0 or cursor ~= '0') then
      return 0
    end
    wait = (wait < 0 or left >= 0 and left < wait) and left or wait
  until cursor == '0'
  return wait
end

local function change(kind, user, trusted, by, id, first, second, third)
  local reason = trusted ~= '1' and against(kind, user)
  if reason then
    return reason
  end
  id = tonumber(id)
  if pending and (kind ~= 'append' or pending.id ~= id or pending.by ~= by) then
    endAppend()
  end
  local message, entry
  if pending then
    message, entry = pending.message, pending.entry
  else
    message, entry = messageOf(id)
  end
  if not message then
    return 'noMessage'
  end
  return changes[kind](message, entry, id, user, trusted, by, first, second, third)
end

-- What was done is so whatever comes of the others.
local function save()
  endAppend()
  if hasRecalled then
    scrubRing(maps, recalled)
  end
  saveChange()
  if announced > 0 or grown then
    writeLog()
  end
end

local isThere, replies, dueMs = openLog(now), {}, -1
if isThere and redis.call('EXISTS', changesDue) == 1 then
  local isTold, said = pcall(tellDue)
  dueMs = isTold and said or failed(said, save) and PAUSE_MS
end
for place = rest, #ARGV, FIELDS do
  local reply = 'noRoom'
  if isThere and ARGV[place] == 'tell' then
    reply = { log.seq, 0, log.now, 0, {} }
  elseif isThere then
    local isDone, said = pcall(change, unpack(ARGV, place, place + FIELDS - 1))
    reply = isDone and said or failed(said, save)
  end
  replies[#replies + 1] = reply
end
if isThere then
  save()
  if dueMs < 0 and redis.call('EXISTS', changesDue) == 1 then
    dueMs = PAUSE_MS
  end
end
for i, reply in ipairs(replies) do
  if type(reply) == 'table' and reply.failed then
    replies[i] = failed(reply.failed, save)
  elseif type(reply) == 'table' and not reply.err and not reply[6] then
    reply[6], reply[7], reply[8], reply[9] = false, wish or false, redis.call('HEXISTS', meta, 'dirty'), dueMs
    reply[10] = reply.mentioned or false
  end
end
return replies
