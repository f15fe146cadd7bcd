-- uses: clock webhook/outbox
-- What of a log is to be sent next, to the one node that sends it, until `leaseMs` from now. `sent` is the token of the batch that was
-- taken by the receiver ('' for none): the place moves behind it, in the same step. A batch that was not has the same end when it is
-- taken again, by whichever node, so that the receiver knows it for a repeat: also where its messages have grown since, and whatever the limits
-- are by now. One that has grown beyond `GROWN` times a batch is cut anew: receivers have limits, and how it grows is the users' choice. So is one that its receiver found too large: what follows is as small until nothing is left. Its `mark`, the nonce of its last event, tells it from one of the same numbers that was lost with a failover. Nothing is skipped: between the events stand the numbers of
-- those that are not kept any more. A log that has no place yet begins where it was made, or `since` there have been webhooks.
-- `busy`: another node sends. Gives a time to wait where it is too early after a failure. `former` is how far the log of an earlier life
-- was sent, whose end nobody has told; a place that knows only its life is of a room that was deleted before anybody looked. Where the log itself is gone that is all, and once it was sent nothing is left. `ended`: of an earlier
-- room of the name not all was sent, which comes first; not asked where it `isEnded` itself ('1'). Of the
-- service's own log (`isOwn` '1') nothing is kept that was sent: no recall and no erasure would find it.
local PAUSE_MAX_MS, GROWN = 3600000, 2
if isEnded ~= '1' and redis.call('EXISTS', webhookEnded) == 1 then
  return 'ended'
end
-- Whether a time is yet to come. One that is further away than it ever was noted is of a clock that was set back.
local function isAhead(time, most)
  return time and time > now and time <= now + most
end

local place = readPlace()
local isSettled = sent ~= '' and place.token == sent
-- The end of a log that is gone.
local isEndTold = isSettled and place.former
if isSettled then
  place.seq, place.id = place.toSeq, place.toId
  place.toSeq, place.toId, place.mark, place.token, place.failures, place.retryAt = nil, nil, nil, nil, nil, nil
  if isOwn == '1' then
    redis.call('XTRIM', events, 'MINID', string.format('%.0f', place.seq + 1))
  end
  place.former, place.made = nil, nil
end
local isThere = openLog(now)
if not isThere and (isEndTold or not place.life) then
  redis.call('UNLINK', webhook)
  return 'gone'
end
if not isSettled and place.node ~= node and isAhead(place['until'], PAUSE_MAX_MS) then
  return 'busy'
end
if not isSettled and isAhead(place.retryAt, PAUSE_MAX_MS) then
  return { place.retryAt - now }
end

if not isThere or place.life and place.life ~= log.life then
  place.seq, place.id = place.seq or 0, place.id or 0
  place.former = place.seq
end
local createdAt, owner
local isNew = isThere and (place.life ~= log.life or not place.seq)
if isThere and (place.made or isNew) then
  createdAt, owner = unpack(redis.call('HMGET', meta, 'createdAt', 'owner'))
end
if isNew then
  place = { life = log.life, seq = 0, id = 0, replays = place.replays, former = place.former, most = place.most }
  if createdAt and tonumber(createdAt) >= tonumber(since) then
    place.made = 1
  elseif not place.former then
    place.seq = seqSince(tonumber(since)) - 1
    place.id = idBefore(place.seq + 1)
  end
end

local usual = math.min(tonumber(countMax), place.most or math.huge)
local BYTES, COUNT, STEP = tonumber(bytesMax), usual, 20
if place.toSeq then
  BYTES, COUNT = GROWN * BYTES, math.huge
end
-- Events from a number on, a few at a time: how large they are is the users' choice. Whether these are all up to the last one.
local function page(from, last, read)
  local found, bytes = {}, 0
  while #found < COUNT do
    local step = math.min(STEP, COUNT - #found)
    local entries = read(from, step)
    for _, entry in ipairs(entries) do
      if numbersOf(entry[2][2]) > last then
        return found, true
      end
      found[#found + 1] = entry[2][2]
      bytes = bytes + #entry[2][2]
      if bytes > BYTES then
        return found, false
      end
    end
    if #entries < step then
      return found, true
    end
    from = idOf(entries[#entries]) + 1
  end
  return found, false
end

local batch, gaps = {}, {}
local function collect()
  local ages, firstId, bytes = agesOf(), math.max(place.id + 1, firstSaid()), 0
  local age, last = ages.maxAge(maxAgeMs), place.toSeq or log.seq
  if age > 0 then
    firstId = ages.firstSince(history, log.now - age, firstId, log.id + 1, overlay())
  end
  local messages, areAll = page(firstId, last, function(from, count)
    return entriesBetween(from, log.id, count)
  end)
  local others, areAllOthers = page(place.seq + 1, last, function(from, count)
    return redis.call('XRANGE', events, int(from), '+', 'COUNT', count)
  end)
  local seq, id, at, otherAt = place.seq, place.id, 1, 1
  while #batch < COUNT and (messages[at] or areAll) and (others[otherAt] or areAllOthers) do
    local message, other = messages[at], others[otherAt]
    local isMessage = message and (not other or numbersOf(message) < numbersOf(other))
    local event = isMessage and message or other
    local nextSeq, nextId = last + 1, log.id
    if event then
      nextSeq, nextId = numbersOf(event)
      bytes = bytes + #event
    end
    local ends = nextSeq > last or #batch > 0 and bytes > BYTES
    local known = math.min(nextSeq, last + 1) - 1
    if known > seq and (nextSeq > last or not ends) then
      gaps[#gaps + 1] = { seq + 1, known }
      seq = known
      if seq == log.seq then
        id = log.id
      end
    end
    if ends then
      break
    end
    if nextSeq > seq then
      batch[#batch + 1], seq, id = event, nextSeq, nextId
    end
    if isMessage then
      at = at + 1
    else
      otherAt = otherAt + 1
    end
  end
  return seq, id
end

local toSeq, toId = place.seq, place.id
if isThere then
  toSeq, toId = collect()
  if place.toSeq and toSeq < place.toSeq then
    BYTES, COUNT, batch, gaps = tonumber(bytesMax), usual, {}, {}
    place.toSeq, place.mark = nil, nil
    toSeq, toId = collect()
  end
end
if #batch == 0 and #gaps == 0 and not place.former and not place.made then
  if isSettled or place.node == node or place.most then
    place.node, place['until'], place.most = nil, nil, nil
    writePlace(place)
  end
  return 'idle'
end
if not place.toSeq then
  place.mark = #batch > 0 and nonceIn(batch[#batch]) or nil
end
place.toSeq, place.toId, place.token, place.node, place['until'] = toSeq, toId, token, node, now + tonumber(leaseMs)
writePlace(place)
return { 0, batch, gaps, isThere and log.life or place.life, place.seq, place.toSeq, place.failures or 0, place.replays or 0,
  place.former or -1, place.made and createdAt and { tonumber(createdAt), owner or '' } or false, place.mark or '' }
