-- uses: clock access
-- Deletes a room and tells every node that has sockets in it. One step: from here on nobody finds, joins or posts.
-- The occupants, those whose session keeps the room, and those who belong to it are only renamed (their number is the users' choice); the caller
-- pages through them to tell them, and gives back what the room had of its owner's quota. `deletions` notes who does, where the log ended, and for
-- whom, so that whoever sweeps after it goes on; of a room with members also when, and `by` whom ('' for the service). Who is yet to be
-- told of an earlier change of members (lib/access/members.lua) still is. Where there is a webhook its log is kept until it was sent there, for
-- an hour at most, if what was not sent takes no more than `unsentMax` bytes ('' without a webhook); else only how far it was sent, so that
-- the loss is told; if not even that fits nothing is. Gives what was left, in bytes, false for nothing.
local PLACE_BYTES = 4096

-- What of the log was not sent, in bytes: of what is kept the part that is behind the place, by number.
local function unsentBytes()
  local bytes = bytesOf()
  local kept = bytes.keptIn('marks', log.written, history) + bytes.keptIn('ringMarks', log.ringWritten, events)
  local first = log.seq
  for _, stream in ipairs({ history, events }) do
    local entry = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    if entry then
      local _, seq = struct.unpack(HEADER, entry[2][2])
      first = math.min(first, seq)
    end
  end
  local life, seq = unpack(redis.call('HMGET', webhook, 'life', 'seq'))
  local sent = life == log.life and tonumber(seq) or 0
  return PLACE_BYTES + math.ceil(kept * math.min(1, (log.seq - sent) / (log.seq - first + 1)))
end

if not openLog(now) then
  return 'noRoom'
end
if trusted ~= '1' and not isOwner(user) then
  return 'notAllowed'
end
announce(DELETED, '', frame)
local owner = redis.call('HGET', meta, 'owner') or ''
local hasMembers = redis.call('EXISTS', roster)
if owner ~= '' or hasMembers == 1 or redis.call('EXISTS', occupants, entries) > 0 then
  redis.call('HSET', deletions, log.life, node .. ' ' .. log.epoch .. ' ' .. int(log.seq) .. ' ' .. owner
    .. (hasMembers == 1 and '\n' .. int(log.now) .. ' ' .. by or ''))
  for key, name in pairs({ [occupants] = removedOccupants, [entries] = removedEntries, [roster] = removedRoster }) do
    if redis.call('EXISTS', key) == 1 then
      redis.call('RENAME', key, name .. log.life)
      redis.call('PEXPIRE', name .. log.life, 3600000)
    end
  end
  redis.call('PEXPIRE', deletions, 3600000)
end
redis.call('PEXPIRE', membersDue, 3600000)
for _, one in ipairs(redis.call('SMEMBERS', nodes)) do
  redis.call('UNLINK', perNode .. one)
end
local generation = math.floor(log.now / tonumber(dedupMs))
for _, one in ipairs({ int(generation), int(generation - 1) }) do
  redis.call('UNLINK', dedup .. log.life .. ':' .. one, dedup .. log.life .. ':' .. one .. ':authors')
end
local unsent = unsentMax ~= '' and unsentBytes()
local isKept = unsent and unsent <= tonumber(unsentMax)
if unsent and not isKept then
  unsent = PLACE_BYTES <= tonumber(unsentMax) and PLACE_BYTES
end
if unsent then
  saveLog()
  -- How far it was sent; whoever has not looked yet begins with a room as it is then.
  redis.call('HSETNX', webhook, 'life', log.life)
  for part, key in pairs({ meta = meta, history = history, latest = latest, events = events, webhook = webhook }) do
    if (isKept or part == 'webhook') and redis.call('EXISTS', key) == 1 then
      redis.call('RENAME', key, ended .. log.life .. ':' .. part)
      redis.call('PEXPIRE', ended .. log.life .. ':' .. part, part == 'webhook' and 604800000 or 3600000)
    end
  end
  redis.call('ZADD', webhookEnded, int(log.now), log.life)
  redis.call('PEXPIRE', webhookEnded, 604800000)
end
redis.call('UNLINK', filed, meta, nodes, names, seen, left, marks, mentioned, history, latest, rewritten, changed, reactions,
  changesDue, webhook, events, changes, adminlist,
  whitelist, blacklist, roster, bans, silenced, paced, muted)
return { position(), log.life, owner, hasMembers, unsent }
