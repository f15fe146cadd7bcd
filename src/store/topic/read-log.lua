-- uses: clock messages/latest age/ages
-- What a node missed of a topic since its position: messages and other events, each ascending, a page of at most `pageMax`
-- and about `bytesMax` bytes, one at least; the node merges them by seq, and asks on from the first hole. Messages that are too
-- old are such a hole.
if not openLog(now) then
  return 'gone'
end
-- Read a few at a time: how large they are is the users' choice.
local function page(from, read)
  local found, bytes = {}, 0
  local step = 20
  while #found < tonumber(pageMax) do
    local entries = read(from, math.min(step, tonumber(pageMax) - #found))
    for _, entry in ipairs(entries) do
      bytes = bytes + #entry[2][2]
      if bytes > tonumber(bytesMax) and #found > 0 then
        return found
      end
      found[#found + 1] = entry[2][2]
    end
    if #entries < step then
      return found
    end
    from = idOf(entries[#entries]) + 1
  end
  return found
end
local function messages(from, count)
  return entriesBetween(from, log.id, count)
end
local function others(from, count)
  return redis.call('XRANGE', events, int(from), '+', 'COUNT', count)
end
local ages = agesOf()
-- What was imported is no event: a notice behind it has told of it (lib/messages/imported.lua).
local imported = tonumber(redis.call('HGET', meta, 'imported') or 0)
local age, first = ages.maxAge(maxAgeMs), math.max(tonumber(afterId), imported) + 1
if age > 0 then
  first = ages.firstSince(history, log.now - age, first, log.id + 1, overlay())
end
return { position(), page(first, messages), page(tonumber(afterSeq) + 1, others) }
