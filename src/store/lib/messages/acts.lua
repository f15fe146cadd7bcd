-- uses: log messages/map
-- What changes of messages of a room and of two users do alike to the message. Wants an open log, and `maps` of lib/messages/map.lua.

-- Its content is another one.
local function age(maps, message)
  message.own.version, message.own.updatedAt = maps.number(maps.versionOf(message) + 1), maps.number(log.now)
end

-- Its content is gone.
local function empty(maps, message)
  age(maps, message)
  message.content = {}
  message.own.reactions, message.own.repliesCount, message.own.recalled = nil, nil, maps.boolean(true)
end

-- The text of a message that is being appended to, by `by`, as one change; nil where it has none.
local function beginText(maps, id, by, message, entry)
  local text = maps.textOf(maps.contentOf(message, 'textMessage'))
  return text and {
    id = id, by = by, message = message, entry = entry, text = text, from = #text, size = #maps.map(message.content),
    isDone = maps.contentOf(message, 'done') == maps.boolean(true), replies = {},
  }
end

-- Puts that text into its message; gives the entries by which it is told.
local function endText(maps, writing)
  local message, text = writing.message, writing.text
  maps.setContent(message, 'textMessage', maps.text(text))
  maps.setContent(message, 'done', maps.boolean(writing.isDone))
  age(maps, message)
  local rest = { { 'offset', maps.number(writing.from) }, { 'text', maps.text(string.sub(text, writing.from + 1)) } }
  rest[3] = writing.isDone and { 'done', maps.boolean(true) } or nil
  return rest
end
