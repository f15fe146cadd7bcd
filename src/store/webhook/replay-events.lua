-- uses: clock webhook/outbox
-- Has a log sent again from an event, from a message (`by` is `seq` or `id`), or from a time on; from the first event that is kept where that
-- is later, and behind the last one where there is none. What is under way then does not move the place any more. `replays` goes into
-- the ids of batches, for the receiver is to take them for new ones. What is still to be told of how the log began stays so, also where
-- nobody has looked at this life of it: it was made behind the one that was sent, or `since` there have been webhooks.
if not openLog(now) then
  return 'noRoom'
end
local value = tonumber(from)
local first = seqSince(0)
local seq = value
if by == 'time' then
  seq = seqSince(value)
elseif by == 'id' then
  local entry = entriesBetween(math.max(value, 0), log.id, 1)[1]
  seq = entry and numbersOf(entry[2][2]) or log.seq + 1
end
seq = math.min(math.max(seq, first), log.seq + 1)
local place = readPlace()
if place.life ~= log.life or not place.seq then
  local createdAt = tonumber(redis.call('HGET', meta, 'createdAt'))
  place.former = place.life and place.life ~= log.life and (place.seq or 0) or place.former
  place.made = createdAt and createdAt >= tonumber(since) and 1 or nil
end
writePlace({
  life = log.life, seq = seq - 1, id = idBefore(seq), replays = (place.replays or 0) + 1, former = place.former, made = place.made,
  most = place.most,
})
return { seq, log.seq, log.epoch }
