-- The few things that only a script knows and that end a frame begun by a node (src/protocol/wire/frame.ts): names in
-- MessagePack. Everything else in a frame is opaque here.

local function str(text)
  local length = #text
  if length < 32 then
    return string.char(0xa0 + length) .. text
  end
  if length < 256 then
    return string.char(0xd9, length) .. text
  end
  return struct.pack('>BI2', 0xda, length) .. text
end

local function strs(list)
  local parts = { struct.pack('>BI2', 0xdc, #list) }
  for at, text in ipairs(list) do
    parts[at + 1] = str(text)
  end
  return table.concat(parts)
end
