-- How a log's position and its events are packed; src/log/event.ts and src/redis/reply.ts read both. Numbers are doubles:
-- exact up to 2^53, and one value each, where 64-bit integers would take two.
-- Position: epoch, nonce, seq, id, timestamp, timestamp of the last message, messages kept, dedup generation, whether the
-- generation before it exists, whether occupants may be there who are not admitted any more, repeats noted in the dedup
-- generation; how many bytes of messages were ever written and at which number of them lib/bytes.lua looks again. The rest is
-- one piece to a post: the life, and the same two numbers of the ring of events. What was written before these numbers were
-- counted has 90 bytes, without them: as zeros they say that nothing was counted yet, and that the next thing written is
-- looked at. What such a topic keeps already is bounded by its number only, until the first trimming takes it away.
-- Post: transient (0 of what is stored), trusted (1: the service; 2: who has just left), nonce, user, repeatKey, notes, middle, prefix. Notes: '' for none, else flags (1: all
-- are mentioned, 2: it replies to a message, whose id follows), and names, each behind its length: the author where that is not
-- the user, else '', then who is mentioned.
-- Batch: what is published of several events at once, each behind its length.
-- Header: kind, seq, id, timestamp, nonce, previous nonce, epoch, subject length.
local POSITION = '>c16c8ddddddBBI4ddc32'
local REST = '>c16dd'
local POSITION_BYTES = 126
local POST = '>BBc8I2c0I2c0I2c0I2c0I4c0'
-- Of posts that are not stored: their priorities, of which 1 is the ordinary one, and what is only judged.
local LOW, HIGH, JUDGED = 2, 3, 4
local HEADER = '>Bdddc8c8c16I4'
local TRANSIENT, MESSAGE, NOTICE, EVICTED, DELETED, RESET, STAGED_EVICTION, DISCONNECT, CONFLICT = 0, 1, 2, 3, 4, 5, 6, 7, 8
local BATCH = 255

-- In two halves: not every store's struct has integers of 64 bits.
local function u64(n)
  return struct.pack('>I4I4', math.floor(n / 4294967296), n % 4294967296)
end

-- A log's position as it is packed today, false where there is none. Wants the key `meta`. `stored` is what is stored of it, where that
-- was read already.
local function packedPosition(stored)
  local packed = stored or redis.call('HGET', meta, 'log')
  if packed and #packed < POSITION_BYTES then
    return string.sub(packed, 1, 74) .. string.rep('\0', 20) .. string.sub(packed, 75) .. string.rep('\0', 16)
  end
  return packed
end
