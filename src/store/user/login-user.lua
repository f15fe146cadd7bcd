-- uses: clock log recipients auth/revoked auth/once
-- Adds a socket to a user, and tells the user's other sockets. Makes the user where it is new. One step, so that nobody is
-- told of a login that then fails, that a login and the end of what it shows have an order, and that a socket that takes part
-- in the session (`syncing` '1') is given it as it is at the position behind which its notices begin. It gives the time by
-- which its own resume token counts as issued.
-- The echo's frame ends with the count. `own` is the family of this login, and `device` the same where it names a device,
-- else ''. Of the logins with a `tag` ('' for none) one family is there at a time: this one takes over from the sockets of
-- others, which are told by `conflictFrame` and closed, or, where `isReconnect` ('1'), loses to them: then nothing is done,
-- and `homes` are their nodes.
-- `onceOnly` is the nonce of a signature that is shown, '' for none, kept until `onceUntil`: what was refused otherwise has not
-- used it up.
-- Rest arguments: nodes whose sockets do not count, being gone or on their way out. So that they are no way around the
-- limit, all sockets together are never more than `PILED` times as many.
-- An empty `frame` fills in the login of a socket that is there (chat/auth/fill-in.ts): nobody is told of it again.
-- `inboxSize` is how many notices its inbox keeps from here on; what a device has missed of them is read behind it (read-inbox.lua).
-- Of a name that is being erased nobody is (erasure/lock-name.lua), nor of one whose earlier user is a member of rooms yet (`former`).
-- With its first socket a user is online: it says whether contacts have to be told, which they have not where they were never
-- told that it went (lib/contact/presence.lua).
local PILED = 4
local isFillIn = frame == ''
if redis.call('EXISTS', tomb .. node) == 1 or (isFillIn and redis.call('HEXISTS', sockets, socket) == 0) then
  return 'lost'
end
if redis.call('EXISTS', erasing, belongsFormer) > 0 then
  return redis.call('EXISTS', erasing) == 1 and 'erasing' or 'former'
end
if isOver() then
  return 'void'
end
local older, isOlder = {}, {}
if tag ~= '' then
  local all = redis.call('HGETALL', devices)
  for at = 1, #all, 2 do
    local other, its = string.match(all[at + 1], '^(%S+) (.*)$')
    if its == tag and other ~= own then
      if redis.call('HEXISTS', sockets, all[at]) == 1 then
        older[#older + 1] = { all[at], other }
        isOlder[all[at]] = true
      else
        -- Whoever took it out did not know of tags.
        redis.call('HDEL', devices, all[at])
      end
    end
  end
end
if #older > 0 and isReconnect == '1' then
  local homes = {}
  for _, one in ipairs(older) do
    homes[#homes + 1] = redis.call('HGET', sockets, one[1])
  end
  return { false, 0, {}, homes, 0, 1, 0, 0 }
end
-- What it takes over from is about to be closed.
local total, most = redis.call('HLEN', sockets) - #older, tonumber(socketsMax)
if total >= most and redis.call('HEXISTS', sockets, socket) == 0 then
  local isAbsent, homes, present = {}, {}, 0
  for at = rest, #ARGV do
    isAbsent[ARGV[at]] = true
  end
  local isListed = {}
  local all = redis.call('HGETALL', sockets)
  for at = 1, #all, 2 do
    local home = all[at + 1]
    if not isAbsent[home] and not isOlder[all[at]] then
      present = present + 1
      if not isListed[home] then
        isListed[home] = true
        homes[#homes + 1] = home
      end
    end
  end
  if present >= most or total >= most * PILED then
    return { false, total, {}, homes, 0, 0, 0, 0 }
  end
end
-- It was good when it was looked at.
if onceOnly ~= '' and not noteOnce(onceOnly, onceUntil) then
  return 'badSignature'
end
if not openLog(now) then
  newLog(epoch, now, inboxSize)
  -- Nothing of an earlier life.
  redis.call('UNLINK', history)
elseif log.max ~= tonumber(inboxSize) then
  log.max = tonumber(inboxSize)
  writeLog()
  if log.max == 0 then
    -- What comes from here on is not in it: it would have a hole.
    redis.call('UNLINK', history)
    redis.call('HDEL', meta, 'aged')
  end
end
redis.call('HSET', sockets, socket, node)
if tag ~= '' then
  redis.call('HSET', devices, socket, own .. ' ' .. tag)
elseif device ~= '' then
  redis.call('HSET', devices, socket, device)
end
if syncing == '1' then
  redis.call('SADD', synced, socket)
end
if redis.call('PERSIST', meta) == 1 then
  -- It was about to be forgotten (logout-user.lua).
  for _, key in ipairs({ history, session, whitelist, blacklist, peers, delivered, missed, unread, changesTold, profile, belongs }) do
    redis.call('PERSIST', key)
  end
end
redis.call('PERSIST', events)
local names = {}
for at, one in ipairs(older) do
  names[at] = one[1]
  redis.call('HSET', devices, one[1], one[2])
end
if #names > 0 then
  announce(CONFLICT, table.concat(names, ' '), conflictFrame)
end
local count = redis.call('HLEN', sockets)
if count > 1 and not isFillIn then
  announce(NOTICE, allBut(socket), frame .. u64(count))
end
if announced > 0 then
  saveLog()
end
local isNews = 0
if count == 1 and not isFillIn and redis.call('EXISTS', contacts) == 1 and redis.call('HGET', meta, 'told') ~= '1' then
  -- Should somebody be telling them now, this stay is over perhaps when that is done: it is told all the same.
  redis.call('HSET', meta, 'told', '!')
  isNews = 1
end
-- Later than any before, whatever becomes of the clock: that orders it among the ends of logins.
local issued = math.max(micros(), lastIssued() + 1)
redis.call('HSET', meta, 'issued', int(issued))
return { position(), count, syncing == '1' and redis.call('HGETALL', session) or {}, {}, issued, 0, isNews, log.messageTs }
