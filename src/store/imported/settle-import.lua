-- uses: clock log
-- What was imported into a room counts as read: marks at or behind the message up to which that was so before (`importSettled`) are moved to `goal`,
-- a page of them at a time, for members may be a great many. With the last page come `reads`, pairs of a user and an id up to which it has read
-- instead, and sockets in the room are told to read it again: `resetPrefix`, the epoch and the last id are the frame. Only then it is noted, so
-- whoever comes next begins anew where a node died in between; what is noted is not done again, for users have read on since. `goal` 0 is the
-- first page: all that was imported until now. Gives the next cursor, '0' when all is done, and the goal.
local PAGE = '1000'
if not openLog(now) then
  return 'noRoom'
end
local known = redis.call('HMGET', meta, 'imported', 'importSettled')
local imported, settled = tonumber(known[1] or 0), tonumber(known[2] or 0)
local last = tonumber(goal) == 0 and imported or math.min(tonumber(goal), imported)
if last <= settled then
  return { '0', last, log.seq }
end

local function setAll(pairs)
  if #pairs > 0 then
    redis.call('HSET', marks, unpack(pairs))
  end
end

local scanned = redis.call('HSCAN', marks, cursor, 'COUNT', PAGE)
local moved = {}
for i = 1, #scanned[2], 2 do
  local mark = tonumber(scanned[2][i + 1])
  if mark >= settled and mark < last then
    moved[#moved + 1], moved[#moved + 2] = scanned[2][i], int(last)
  end
  -- As many as a call may have.
  if #moved >= 2000 then
    setAll(moved)
    moved = {}
  end
end
setAll(moved)
if scanned[1] == '0' then
  local read = {}
  for place = rest, #ARGV, 2 do
    if redis.call('HEXISTS', marks, ARGV[place]) == 1 then
      read[#read + 1], read[#read + 2] = ARGV[place], int(math.min(tonumber(ARGV[place + 1]), last))
    end
  end
  setAll(read)
  redis.call('HSET', meta, 'importSettled', int(last), 'importTold', int(log.now))
  announce(NOTICE, '', resetPrefix .. log.epoch .. '\207' .. u64(log.id))
  saveLog()
end
return { scanned[1], last, log.seq }
