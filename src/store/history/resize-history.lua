-- uses: messages/latest
-- Sets how many messages a room keeps, and takes out at most `pageMax` that are too many: readers keep to the size at
-- once, and the caller goes on until none is left, or those left would be seen again once the size grows.
-- Another call may have set another size meanwhile: only the first call of a change sets it (`size` not '').
if not openLog() then
  return 'noRoom'
end
if size ~= '' and tonumber(size) ~= log.max then
  log.max = tonumber(size)
  writeLog()
end
local kept = log.id - oldestKept() + 1
if kept <= log.max then
  trimLatest(log.id - log.max + 1)
  return 0
end
local target = math.max(log.max, kept - tonumber(pageMax))
if target == 0 then
  redis.call('UNLINK', history, latest, reactions)
  redis.call('HDEL', meta, 'aged')
else
  local first = log.id - target + 1
  redis.call('XTRIM', history, 'MINID', int(first))
  trimLatest(first)
end
return target - log.max
