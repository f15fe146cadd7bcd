-- Reading a userlist of which changes wait to be told: what the reader has seen of them is not taken back in silence
-- (lib/userlist.lua). Wants the keys `meta`, `changes`.
local function noteSeen()
  if redis.call('EXISTS', changes) == 1 then
    redis.call('HSET', meta, 'changesSeen', '1')
  end
end
