-- uses: direct/due direct/written batch/failure messages/reactions messages/appending messages/acts
-- Changes messages of a pair in the name of `author`, one of the two, each change judged by itself and in the order in which they came: is
-- the message there? is it the author's, and young enough? One step, so that the changes of a pair have one order, and who changes what
-- somebody else has just changed is told so. The log is the truth: what both are told of it comes behind (tell-changes.lua), from what
-- is noted here. Whether the other one may be written to at all was asked before (admit-direct.lua), and is once more when it is told.
-- Appends to one message that follow each other are one change.
-- Rest arguments of each: what, the id, and three more: of an `update` the content, a map in MessagePack, '' for one that is too large,
-- the version that it has to be of, '' for any, and whether it mentions the other one; of a `recall` why, '' for nothing; of a `react` the key
-- and whether that is taken back; of an `append` the text, where it belongs, '' for the end, and whether that is all.
-- `conflict` says of a refusal what the message has now: its 'version', or the bytes of its text ('offset').
local FIELDS = 5
local isThere = openLog(now)
local at, isBehind = isThere and log.now, isThere and isDue() and 1 or 0
local maps, hasChanged, pending = messageMaps(), false, nil

-- What a change comes to: the message as it is now, and how it is told.
local function replyOf(message, length, conflict, due)
  return {
    maps.versionOf(message), at, length or 0, message.own.reactions or maps.map({}), conflict or '', log.life, isBehind, due or false,
  }
end

-- A message is as it is now, and both are to be told: `rest` are the entries of its kind. With nothing `left` of it, what was goes.
local function store(message, entry, id, kind, rest, isRecall)
  local event, left = maps.shut(message), isRecall and maps.mapOf(message) or ''
  if isRecall then
    replaceEntry(entry, event)
  else
    local more = putLatest(id, event) and #event - #entry[2][2] or #event + ENTRY_BYTES
    written(log.id, more)
  end
  local entries, always = numbered(maps, message, id, kind, at, rest), isRecall or trusted == '1'
  local packed = noteDue(change, at, id, always, author, left, maps.map(entries))
  if isRecall then
    recallDue(maps, id, left, entries)
  end
  hasChanged = true
  return dueOf(change, packed, goneOf(author), goneOf(peer))
end

-- What was appended is one change. Its replies say so.
local function endAppend()
  local ended = pending
  pending = nil
  if not ended or #ended.replies == 0 then
    return
  end
  local message, rest = ended.message, endText(maps, ended)
  local isStored, said = pcall(store, message, ended.entry, ended.id, 'append', rest)
  for _, reply in ipairs(ended.replies) do
    reply[1] = maps.versionOf(message)
    reply.failed = not isStored and said or nil
  end
  -- With the first of them all are told.
  ended.replies[1][8] = isStored and said
end

local changes = {}

function changes.update(message, entry, id, content, ifVersion, mentions)
  if content == '' then
    return 'messageTooLarge'
  elseif ifVersion ~= '' and tonumber(ifVersion) ~= maps.versionOf(message) then
    return replyOf(message, 0, 'version')
  end
  local by, n = readMessage(entry[2][2])
  maps.replaceContent(message, content)
  age(maps, message)
  local rest = { { 'message', maps.mapOf(message) } }
  rest[2] = by ~= author and { 'by', maps.text(author) } or nil
  if mentions == '1' and id > markOf('mention', by) then
    setMark('mention', by, id, n)
  end
  return replyOf(message, 0, '', store(message, entry, id, 'update', rest))
end

function changes.recall(message, entry, id, reason)
  empty(maps, message)
  local rest = { { 'by', maps.text(author) } }
  rest[2] = reason ~= '' and { 'reason', maps.text(reason) } or nil
  return replyOf(message, 0, '', store(message, entry, id, 'recall', rest, true))
end

function changes.react(message, entry, id, key, removes)
  local isRemoved = removes == '1'
  local more = setReaction(maps, message, id, key, author, isRemoved)
  if not more then
    return 'tooManyReactions'
  elseif more == 0 then
    return replyOf(message)
  end
  written(log.id, more)
  return replyOf(message, 0, '', store(message, entry, id, 'reactions', reactionTold(maps, message, key, author, isRemoved)))
end

function changes.append(message, entry, id, piece, offset, ends)
  if not pending then
    pending = beginText(maps, id, author, message, entry)
    if not pending then
      return 'noText'
    end
  end
  local more = restOf(pending.text, piece, offset)
  local isNews = more and (more ~= '' or ends == '1' and not pending.isDone)
  if not more then
    return replyOf(message, #pending.text, 'offset')
  elseif isNews and pending.isDone then
    return 'isDone'
  elseif more ~= '' and pending.size + #more > tonumber(sizeMax) then
    return 'messageTooLarge'
  end
  pending.text, pending.size, pending.isDone = pending.text .. more, pending.size + #more, pending.isDone or ends == '1'
  local reply = replyOf(message, #pending.text)
  -- A repeat is as far as what is being appended.
  if isNews or #pending.replies > 0 then
    table.insert(pending.replies, reply)
  end
  return reply
end

-- What is against a change of a message by somebody, of a time; nothing where it may be.
local function against(what, by, sentAt)
  if trusted == '1' or what == 'react' then
    return nil
  elseif by ~= author then
    return 'notAllowed'
  end
  local window = tonumber(editWindowMs)
  return what ~= 'recall' and window > 0 and at - sentAt > window and 'tooLate' or nil
end

local function changeOne(what, number, ...)
  local id = tonumber(number)
  if pending and (what ~= 'append' or pending.id ~= id) then
    endAppend()
  end
  local entry = pending and pending.entry or isThere and id >= firstSeenBy(author) and id <= log.id and entriesBetween(id, id, 1)[1]
  local message = pending and pending.message or entry and maps.open(entry[2][2])
  if not message or maps.isRecalled(message) then
    return 'noMessage'
  end
  local by, _, sentAt = readMessage(entry[2][2])
  return against(what, by, sentAt) or changes[what](message, entry, id, ...)
end

-- What was changed is so whatever comes of the others.
local function save()
  endAppend()
  if hasChanged then
    log.ts = at
    saveChanges()
    writeLog()
  end
end

local replies = {}
for place = rest, #ARGV, FIELDS do
  local isDone, reply = pcall(changeOne, unpack(ARGV, place, place + FIELDS - 1))
  replies[#replies + 1] = isDone and reply or failed(reply, save)
end
save()
for i, reply in ipairs(replies) do
  if type(reply) == 'table' and reply.failed then
    replies[i] = failed(reply.failed, save)
  end
end
return replies
