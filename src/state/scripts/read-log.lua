-- What a node missed of a topic since its position: messages and other events, each ascending; the node merges by seq.
-- Replies: 'gone' | {position, {message events}, {other events}}.
if not openLog() then
  return 'gone'
end
local function page(key, from)
  local found = {}
  for _, entry in ipairs(redis.call('XRANGE', key, from, '+', 'COUNT', pageMax)) do
    found[#found + 1] = entry[2][2]
  end
  return found
end
return { position(), page(history, int(tonumber(afterId) + 1)), page(events, int(tonumber(afterSeq) + 1)) }
