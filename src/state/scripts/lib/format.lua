-- How a log's position and its events are packed; src/bus/event.ts and src/state/reply.ts read both. Numbers are doubles:
-- exact up to 2^53, and one value each, where 64-bit integers would take two.
-- Position: epoch, nonce, seq, id, timestamp, timestamp of the last message, messages kept, dedup generation, whether the
-- generation before it exists, whether members may be there who are not admitted any more, life.
-- Post: time, dedupMs, transient, nonce; what follows is a part of the frame.
-- Header: kind, seq, id, timestamp, nonce, previous nonce, epoch, subject length.
local POSITION = '>c16c8ddddddBBc16'
local POST = '>ddBc8'
local HEADER = '>Bdddc8c8c16I4'
local TRANSIENT, MESSAGE, NOTICE, EVICTED, DELETED, RESET, RESTRICTED, DISCONNECT = 0, 1, 2, 3, 4, 5, 6, 7
