-- How a log's position and its events are packed; src/bus/event.ts and src/state/reply.ts read both. Numbers are doubles:
-- exact up to 2^53, and one value each, where 64-bit integers would take two.
-- Position: epoch, nonce, seq, id, timestamp, timestamp of the last message, messages kept, dedup generation, whether the
-- generation before it exists, whether members may be there who are not admitted any more, repeats noted in the dedup
-- generation; how many bytes of messages were ever written and at which number of them lib/bytes.lua looks again. The rest is
-- one piece to a post: the life, and the same two numbers of the ring of events.
-- Post: time, dedupMs, bytes of messages that a room keeps, transient, nonce; what follows is a part of the frame.
-- Header: kind, seq, id, timestamp, nonce, previous nonce, epoch, subject length.
local POSITION = '>c16c8ddddddBBI4ddc32'
local REST = '>c16dd'
local POST = '>dddBc8'
local HEADER = '>Bdddc8c8c16I4'
local TRANSIENT, MESSAGE, NOTICE, EVICTED, DELETED, RESET, RESTRICTED, DISCONNECT = 0, 1, 2, 3, 4, 5, 6, 7
