-- uses: clock access conduct
-- Writes the attributes of a room where they still are of the version that was changed, and tells the room: in one step, so that
-- versions are told in their order, and nobody undoes what it has not seen. What they take is bounded by itself, so it is of nobody's
-- quota. `attributes` is the whole map, '' for an empty one.
if not openLog(now) then
  return 'noRoom'
end
if (trusted ~= '1' and not isOwnerOrAdmin(user)) or conductOf().kind == 2 then
  return 'notAllowed'
end
if tonumber(redis.call('HGET', meta, 'attributesVersion') or 0) ~= tonumber(version) then
  return 'changed'
end
redis.call('HSET', meta, 'attributesVersion', int(tonumber(version) + 1))
if attributes == '' then
  redis.call('HDEL', meta, 'attributes')
else
  redis.call('HSET', meta, 'attributes', attributes)
end
announce(NOTICE, '', frame)
saveLog()
return log.seq
