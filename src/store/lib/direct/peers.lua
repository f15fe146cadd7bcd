-- uses: clock inbox/expiry
-- The users with whom a user has stored conversations. Their messages are in the logs of the pairs, which are the truth; here is
-- what has come of them to this user. Wants the keys `meta`, `history`, `peers` (by the time of what was said last), `delivered`, `missed`,
-- `unread`: peers of whom something may be unread, by the time of what they wrote last; `changesTold` (lib/direct/told.lua), and `changesDue`:
-- what this user has begun to change in logs of pairs, by the nodes on which it has (direct/note-changing.lua).
-- `delivered`: peer → how far its messages were handed to the user's topic: the log's life, the number among the peer's messages,
-- the id, the time. `missed`: peer → that number once more, how many of its sends are under way, when the last of them began: it
-- is there while something may have come that no socket of the user has had. Of more than `PEERS_MAX` those of longest ago go.
local PEERS_MAX = 10000
local DELIVERED, MISSED = '>c16ddd', '>ddd'
-- After so long a send that is still noted as under way is one whose node died.
local UNDER_WAY_MS = 60000

-- `at`: when something was said last, now where it is left out.
local function notePeer(peer, at)
  redis.call('ZADD', peers, string.format('%.0f', at or now), peer)
  local over = redis.call('ZCARD', peers) - PEERS_MAX
  if over > 0 then
    for _, one in ipairs(redis.call('ZRANGE', peers, 0, over - 1)) do
      redis.call('HDEL', delivered, one)
      redis.call('HDEL', missed, one)
      redis.call('HDEL', changesTold, one)
      redis.call('ZREM', unread, one)
    end
    redis.call('ZREMRANGEBYRANK', peers, 0, over - 1)
  end
end

-- What is kept of a user who is about to be forgotten keeps the user; of an anonymous one it goes with the user.
local function keepPeers(anonymous)
  if leftMs() < 0 then
    return
  end
  if anonymous ~= '1' then
    stay()
    return
  end
  for _, key in ipairs({ peers, delivered, missed, unread, changesTold, changesDue }) do
    redis.call('PEXPIRE', key, leftMs())
  end
end

-- Number, id and time of the peer's message that was handed on last, in that life of the log; zeros where there is none.
local function deliveredOf(peer, life)
  local packed = redis.call('HGET', delivered, peer)
  if packed then
    local known, n, id, at = struct.unpack(DELIVERED, packed)
    if known == life then
      return n, id, at
    end
  end
  return 0, 0, 0
end

-- Number, sends under way, time.
local function missedOf(peer)
  local packed = redis.call('HGET', missed, peer)
  if packed then
    return struct.unpack(MISSED, packed)
  end
  return 0, 0, 0
end

local function writeMissed(peer, n, underWay, at)
  redis.call('HSET', missed, peer, struct.pack(MISSED, n, underWay, at))
end

-- All messages of a peer up to a number were had, of those up to `newest` that the pair's log had then: nothing is missed of it,
-- unless more has come, or may be about to. What is in the log and was not handed on, for its node died, is missed all the same.
local function settleMissed(peer, n, newest)
  local last, underWay, at = missedOf(peer)
  if last <= n and newest <= n and (underWay <= 0 or now - at > UNDER_WAY_MS) then
    redis.call('HDEL', missed, peer)
  end
end

-- Something of a peer may be unread soon. With `notePeer`: so there are never more of these than of those.
local function noteUnread(peer)
  redis.call('ZADD', unread, string.format('%.0f', now), peer)
end

-- All messages of a peer up to a number were read, of those up to `newest` that the pair's log had then: nothing of it is unread,
-- unless more was handed on, or may be about to be. Call behind `settleMissed`. A note too many costs a look.
local function settleUnread(peer, n, newest)
  if n < newest or redis.call('HEXISTS', missed, peer) == 1 then
    return
  end
  local packed = redis.call('HGET', delivered, peer)
  local handedOn = packed and select(2, struct.unpack(DELIVERED, packed)) or 0
  if handedOn <= newest then
    redis.call('ZREM', unread, peer)
  end
end
