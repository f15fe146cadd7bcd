-- uses: log
-- Which rooms each socket of a user is in, as far as the user's side knows, for listOwnSockets: `rooms .. socket` maps each
-- to where its log stood when the socket joined (epoch, seq), or to '' where nobody will ask. The rooms' own slots are the
-- truth. Wants the keys `sockets`, `rooms` and lib/log.lua.

-- A socket that has gone meanwhile is not noted.
local function noteIn(socket, roomName, joinedAt)
  if redis.call('HEXISTS', sockets, socket) == 1 then
    redis.call('HSET', rooms .. socket, roomName, joinedAt)
  end
end

-- Forgets a socket that was taken out at a point of the room's log, unless it has joined after that. Returns whether it
-- was noted before.
local function noteOut(socket, roomName, epoch, seq)
  local joinedAt = redis.call('HGET', rooms .. socket, roomName)
  if not joinedAt then
    return false
  end
  local joinedEpoch, joinedSeq = string.match(joinedAt, '^(%S+) (%d+)$')
  if joinedEpoch and (joinedEpoch ~= epoch or tonumber(joinedSeq) >= tonumber(seq)) then
    return false
  end
  redis.call('HDEL', rooms .. socket, roomName)
  return true
end

-- Tells the sockets that a subject stands for of a count, which ends the frame; `except` is the one it leaves out.
local function echo(subject, except, frame, count)
  local hearers = redis.call('HLEN', sockets) - redis.call('HEXISTS', sockets, except)
  if hearers > 0 and frame ~= '' then
    announce(NOTICE, subject, frame .. u64(tonumber(count)))
  end
end
