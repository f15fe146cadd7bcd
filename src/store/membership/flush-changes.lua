-- uses: clock log frame
-- Tells a large room who came and went since it was last told: one notice each `pauseMs` at most, by Redis's own clock, of
-- at most about `pageMax` names. `prefix`, `leftKey` and `countKey` are the parts of the frame between which the names go.
if not openLog(now) then
  return 'noRoom'
end
-- Where earlier pages were taken out a scan finds nothing: only its end says that nothing is left (see sweep-room.lua).
local cursor, page = '0', {}
repeat
  local scanned = redis.call('HSCAN', changes, cursor, 'COUNT', pageMax)
  cursor, page = scanned[1], scanned[2]
until #page > 0 or cursor == '0'
if #page == 0 then
  return 0
end
local flushedAt = tonumber(redis.call('HGET', meta, 'flushedAt') or 0)
-- Later than now: the clock was set back.
if now >= flushedAt and now < flushedAt + tonumber(pauseMs) then
  return 'later'
end
local joined, left = {}, {}
for i = 1, #page, 2 do
  local list = page[i + 1] == '1' and joined or left
  list[#list + 1] = page[i]
end
for _, list in ipairs({ joined, left }) do
  for i = 1, #list, 1000 do
    redis.call('HDEL', changes, unpack(list, i, math.min(i + 999, #list)))
  end
end
announce(NOTICE, '', prefix .. strs(joined) .. leftKey .. strs(left) .. countKey .. u64(redis.call('HLEN', occupants)))
redis.call('HSET', meta, 'flushedAt', int(now))
local waiting = redis.call('HLEN', changes)
if waiting == 0 then
  redis.call('HDEL', meta, 'changesSeen')
end
saveLog()
return waiting
