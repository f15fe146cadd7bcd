-- uses: clock access
-- Deletes a room and tells every node that has sockets in it. One step: from here on nobody finds, joins or posts.
-- The occupants, those whose session keeps the room, and those who belong to it are only renamed (their number is the users' choice); the caller
-- pages through them to tell them, and gives back what the room had of its owner's quota. `deletions` notes who does, where the log ended, and for
-- whom, so that whoever sweeps after it goes on; of a room with members also when, and `by` whom ('' for the service). Who is yet to be
-- told of an earlier change of members (lib/access/members.lua) still is. Where there is a webhook its log is kept until it was sent there, for
-- an hour at most, if what was not sent takes no more than `unsentMax` bytes ('' without a webhook); else only how far it was sent, so that
-- the loss is told; if not even that fits nothing is. Gives what was left, in bytes, false for nothing.
local PLACE_BYTES, FEW = 4096, 50

-- What is left of a stream: counted where that is little, for marks are far apart; else at most, by them.
local function bytesLeft(stream, marks, written)
  local entries, size = redis.call('XRANGE', stream, '-', '+', 'COUNT', FEW), 0
  if #entries == FEW then
    return bytesOf().keptIn(marks, written, stream)
  end
  for _, entry in ipairs(entries) do
    size = size + #entry[2][2] + ENTRY_BYTES
  end
  return size
end

-- Takes out of the log what was sent, and what never is; gives what is left, in bytes.
local function unsentBytes()
  local life, seq, id = unpack(redis.call('HMGET', webhook, 'life', 'seq', 'id'))
  local isOwn, imported = life == log.life, tonumber(redis.call('HGET', meta, 'imported')) or 0
  local sentId, sentSeq = math.max(isOwn and tonumber(id) or 0, imported), isOwn and tonumber(seq) or 0
  redis.call('XTRIM', history, 'MINID', int(sentId + 1))
  redis.call('ZREMRANGEBYSCORE', latest, '-inf', int(sentId))
  redis.call('XTRIM', events, 'MINID', int(sentSeq + 1))
  return PLACE_BYTES + bytesLeft(history, 'marks', log.written) + bytesLeft(events, 'ringMarks', log.ringWritten)
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
