-- Where text that is appended belongs: lengths and offsets are bytes.

-- What of a piece is not in a text yet, '' where all is; false where it does not belong there. `offset` is '' for the end.
local function restOf(text, piece, offset)
  if offset == '' then
    return piece
  end
  local from = tonumber(offset)
  if from > #text then
    return false
  end
  local known = math.min(#text - from, #piece)
  if string.sub(text, from + 1, from + known) ~= string.sub(piece, 1, known) then
    return false
  end
  return string.sub(piece, known + 1)
end
