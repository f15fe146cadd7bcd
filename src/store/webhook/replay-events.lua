-- uses: clock webhook/outbox
-- Has a log sent again from an event, from a message (`by` is `seq` or `id`), or from a time on; from the first event that is kept where that
-- is later, and behind the last one where there is none. What is under way then does not move the place any more. `replays` goes into
-- the ids of batches, for the receiver is to take them for new ones.
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
local replays = (readPlace().replays or 0) + 1
writePlace({ life = log.life, seq = seq - 1, id = idBefore(seq), replays = replays })
return { seq, log.seq, log.epoch }
