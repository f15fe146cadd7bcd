-- The time, in ms since the epoch, by Redis's clock: the one that all nodes share. What is stored, ordered or compared between
-- nodes has no other.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
