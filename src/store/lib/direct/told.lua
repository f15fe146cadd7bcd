-- uses: direct/peers
-- How far changes of messages in the log of a pair were told to the user: `changesTold`, peer → the log's life, the number of the
-- change, and when it was made. Wants that key. Each change is told once, in the order of their numbers, whoever tells it how often.
local TOLD = '>c16dd'

-- Number and time of the change that was told last, in that life of the log; zeros where there is none.
local function toldOf(peer, life)
  local packed = redis.call('HGET', changesTold, peer)
  if packed then
    local known, change, at = struct.unpack(TOLD, packed)
    if known == life then
      return change, at
    end
  end
  return 0, 0
end

local function writeTold(peer, life, change, at)
  redis.call('HSET', changesTold, peer, struct.pack(TOLD, life, change, at))
  -- What is noted of a peer goes with it.
  if not redis.call('ZSCORE', peers, peer) then
    notePeer(peer)
  end
end

-- Messages that are about to be told are as they were when `asOf` was the number of the last change: where one behind it was told
-- already they may have another content by now, or none, and must not be told. Gives what is noted then, else false: whoever
-- tells them reads them again, and names that as `seen`, so that nothing was told since.
local function staleSince(peer, life, asOf, seen)
  local packed = redis.call('HGET', changesTold, peer)
  if not packed or packed == seen then
    return false
  end
  local known, change = struct.unpack(TOLD, packed)
  return known == life and change > tonumber(asOf) and packed
end
