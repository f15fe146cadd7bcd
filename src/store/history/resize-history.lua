-- uses: messages/latest
-- Sets how many messages a room keeps, and takes out at most `pageMax` that are too many: readers keep to the size at
-- once, and the caller goes on until none is left, or those left would be seen again once the size grows.
-- Another call may have set another size meanwhile: only the first call of a change sets it (`size` not '').
if not openLog() then
  return 'noRoom'
end
local function keepFrom(first)
  if first > log.id then
    redis.call('UNLINK', history, latest, reactions)
    redis.call('HDEL', meta, 'aged')
  else
    redis.call('XTRIM', history, 'MINID', int(first))
    trimLatest(first)
  end
end
local wanted = tonumber(size)
if wanted and wanted ~= log.max then
  -- What is past the size before has gone for readers, though a stream gives up whole nodes only: it is not to be seen again.
  if wanted > log.max then
    keepFrom(log.id - log.max + 1)
  end
  log.max = wanted
  writeLog()
end
local kept = log.id - oldestKept() + 1
if kept <= log.max then
  trimLatest(log.id - log.max + 1)
  return 0
end
local target = math.max(log.max, kept - tonumber(pageMax))
keepFrom(log.id - target + 1)
return target - log.max
