-- uses: format
-- The map of a message, in the frame of its event: read as the entries that it has, and built anew with others. Values stay encoded, but
-- for those that are asked for. What is the server's of it has a place of its own behind what is the author's, in one order: the author
-- is last before time and id, by which it is known whose it is (lib/messages/authored.lua, src/protocol/wire/message-frame.ts).
-- One function makes the others, when they are wanted.
local function messageMaps()
  local byte, sub, char, concat, pack, unpackBytes = string.byte, string.sub, string.char, table.concat, struct.pack, struct.unpack
  -- By the head of a value: how its length or count is written, how many bytes that takes, and what each that it counts is: bytes
  -- (0), or so many values.
  local HEADS = {
    [0xc4] = { '>B', 1, 0 }, [0xc5] = { '>I2', 2, 0 }, [0xc6] = { '>I4', 4, 0 },
    [0xd9] = { '>B', 1, 0 }, [0xda] = { '>I2', 2, 0 }, [0xdb] = { '>I4', 4, 0 },
    [0xdc] = { '>I2', 2, 1 }, [0xdd] = { '>I4', 4, 1 }, [0xde] = { '>I2', 2, 2 }, [0xdf] = { '>I4', 4, 2 },
  }
  -- Of those that have none: their bytes behind the head.
  local FIXED = {
    [0xc0] = 0, [0xc2] = 0, [0xc3] = 0, [0xca] = 4, [0xcb] = 8,
    [0xcc] = 1, [0xcd] = 2, [0xce] = 4, [0xcf] = 8, [0xd0] = 1, [0xd1] = 2, [0xd2] = 4, [0xd3] = 8,
  }
  -- What is the server's, in the order in which it is written.
  local OWN = { 'version', 'updatedAt', 'reactions', 'repliesCount', 'recalled', 'author', 'timestamp', 'id' }
  local isOwn = {}
  for _, key in ipairs(OWN) do
    isOwn[key] = true
  end

  -- Of the value at a place: where what it counts begins, how many these are, and what each is, as above.
  local function headAt(bytes, at)
    local head = byte(bytes, at)
    if not head or head < 0x80 or head >= 0xe0 then
      return at + 1, 0, 0
    elseif head < 0x90 then
      return at + 1, head - 0x80, 2
    elseif head < 0xa0 then
      return at + 1, head - 0x90, 1
    elseif head < 0xc0 then
      return at + 1, head - 0xa0, 0
    elseif FIXED[head] then
      return at + 1, FIXED[head], 0
    elseif not HEADS[head] then
      error('no value of a message: ' .. head)
    end
    local written, size, each = unpack(HEADS[head])
    return at + 1 + size, (unpackBytes(written, bytes, at + 1)), each
  end

  -- Where the value at a place is over.
  local function skip(bytes, at)
    local left = 1
    while left > 0 do
      local from, count, each = headAt(bytes, at)
      at, left = each == 0 and from + count or from, left - 1 + count * each
    end
    return at
  end

  -- A string that is encoded at a place; nil where there is none.
  local function textAt(bytes, at)
    local head = byte(bytes, at)
    if head and (head >= 0xa0 and head < 0xc0 or head >= 0xd9 and head <= 0xdb) then
      local from, length = headAt(bytes, at)
      return sub(bytes, from, from + length - 1)
    end
  end

  -- A whole number of an encoded value, not negative; nil where it is none.
  local function numberOf(value)
    local head = value and byte(value)
    if not head then
      return nil
    elseif head < 0x80 then
      return head
    elseif head == 0xcc then
      return byte(value, 2)
    elseif head == 0xcd then
      return (unpackBytes('>I2', value, 2))
    elseif head == 0xce then
      return (unpackBytes('>I4', value, 2))
    elseif head == 0xcf then
      local high, low = unpackBytes('>I4I4', value, 2)
      return high * 4294967296 + low
    end
  end

  local function textOf(value)
    return value and textAt(value, 1)
  end

  -- The entries of the map that is encoded at a place, in their order, each a key and a value that stays encoded; false where there is none.
  local function entriesAt(bytes, at)
    local from, count, each = headAt(bytes, at)
    if each ~= 2 then
      return false
    end
    local entries = {}
    for i = 1, count do
      local valueAt = skip(bytes, from)
      local past = skip(bytes, valueAt)
      entries[i] = { textAt(bytes, from) or '', sub(bytes, valueAt, past - 1) }
      from = past
    end
    return entries
  end

  local function text(value)
    local length = #value
    if length < 32 then
      return char(0xa0 + length) .. value
    elseif length < 256 then
      return char(0xd9, length) .. value
    elseif length < 65536 then
      return pack('>BI2', 0xda, length) .. value
    end
    return pack('>BI4', 0xdb, length) .. value
  end

  local function number(n)
    if n < 128 then
      return char(n)
    elseif n < 65536 then
      return pack('>BI2', 0xcd, n)
    elseif n < 4294967296 then
      return pack('>BI4', 0xce, n)
    end
    return char(0xcf) .. u64(n)
  end

  local function boolean(is)
    return char(is and 0xc3 or 0xc2)
  end

  -- A map of entries, encoded.
  local function map(entries)
    local count = #entries
    local parts = { count < 16 and char(0x80 + count) or pack('>BI2', 0xde, count) }
    for _, entry in ipairs(entries) do
      parts[#parts + 1] = text(entry[1])
      parts[#parts + 1] = entry[2]
    end
    return concat(parts)
  end

  -- The message of an event: its `content`, the author's entries, and its `own`, the server's values by their keys.
  local function open(event)
    local from = 62 + select(8, unpackBytes(HEADER, event))
    -- [2, name, [what comes before, message]].
    local at, params = headAt(event, skip(event, from + 2))
    for _ = 2, params do
      at = skip(event, at)
    end
    local message = { head = sub(event, 1, from - 1), opening = sub(event, from, at - 1), content = {}, own = {} }
    for _, entry in ipairs(entriesAt(event, at)) do
      if isOwn[entry[1]] then
        message.own[entry[1]] = entry[2]
      else
        message.content[#message.content + 1] = entry
      end
    end
    return message
  end

  -- The encoded value of an entry of a message's content; nil where there is none.
  local function contentOf(message, key)
    for _, entry in ipairs(message.content) do
      if entry[1] == key then
        return entry[2]
      end
    end
  end

  -- Puts a value, encoded, in the place of the one of that key, or at the end.
  local function setContent(message, key, value)
    for _, entry in ipairs(message.content) do
      if entry[1] == key then
        entry[2] = value
        return
      end
    end
    message.content[#message.content + 1] = { key, value }
  end

  local function isNumber(value)
    local head = value and byte(value)
    return head and (head < 0x80 or head >= 0xe0 or head >= 0xca and head <= 0xd3)
  end

  -- Gives a message another content, a map encoded. The number of what it replies to stays as it is, or is not there: that was checked,
  -- and counted, when the message was posted.
  local function replaceContent(message, encoded)
    local parent = contentOf(message, 'replyTo')
    parent = isNumber(parent) and parent
    message.content = {}
    for _, entry in ipairs(entriesAt(encoded, 1)) do
      if entry[1] ~= 'replyTo' or not parent and not isNumber(entry[2]) then
        message.content[#message.content + 1] = entry
      end
    end
    if parent then
      message.content[#message.content + 1] = { 'replyTo', parent }
    end
  end

  -- The map of a message, encoded.
  local function mapOf(message)
    local entries = {}
    for i, entry in ipairs(message.content) do
      entries[i] = entry
    end
    for _, key in ipairs(OWN) do
      if message.own[key] then
        entries[#entries + 1] = { key, message.own[key] }
      end
    end
    return map(entries)
  end

  -- The event of a message.
  local function shut(message)
    return message.head .. message.opening .. mapOf(message)
  end

  local function versionOf(message)
    return numberOf(message.own.version) or 1
  end

  local function isRecalled(message)
    return message.own.recalled ~= nil and byte(message.own.recalled) == 0xc3
  end

  return {
    skip = skip, entriesAt = entriesAt, textOf = textOf, numberOf = numberOf, text = text, number = number, boolean = boolean, map = map,
    open = open, contentOf = contentOf, setContent = setContent, replaceContent = replaceContent,
    mapOf = mapOf, shut = shut, versionOf = versionOf,
    isRecalled = isRecalled,
  }
end
