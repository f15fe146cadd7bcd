-- uses: clock messages/latest age/ages
-- Sets how old a room's messages may become (`age`: ms, 0 for ever, '' as the service has it), and takes out at most `pageMax`
-- that are too old: readers keep to it at once, and the caller goes on until none is left. Another call may have set another
-- age meanwhile: only the first call of a change sets it (`isFirst` '1'). Tells whether there may be more.
if not openLog(now) then
  return 'noRoom'
end
if isFirst == '1' then
  -- What is past the age before has gone for readers: it is not to be seen again where messages may become older.
  local before = agesOf().maxAge(maxAgeMs)
  if before > 0 and redis.call('EXISTS', history) == 1 then
    local first = agesOf().firstSince(history, log.now - before, oldestKept(), log.id + 1, overlay())
    redis.call('XTRIM', history, 'MINID', int(first))
    trimLatest(first)
  end
  if age == '' then
    redis.call('HDEL', meta, 'maxAge')
  else
    redis.call('HSET', meta, 'maxAge', age)
  end
end
return agesOf().keepYoung(history, 'aged', log.now, maxAgeMs, { latest, reactions }, tonumber(pageMax)) and 1 or 0
