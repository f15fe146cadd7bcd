-- uses: inbox/record messages/map messages/ring
-- Takes the content of messages that were recalled out of what a user was told of a conversation, as it stands in its inbox and in its
-- ring of events: in the step that tells of the recall. Wants the keys `events` and `history`, and as arguments how frames of the
-- conversation begin: `directHead`, `echoHead`, `changedHead`.

-- By the last eight bytes of a message: its id, what is left of it, and the frame of the notice that it was recalled.
local recalled, isRecalling = {}, false

local function recall(id, left, frame)
  recalled[u64(id)], isRecalling = { id = id, left = left, frame = frame }, true
end

local function beginsWith(frame, head)
  return string.sub(frame, 1, #head) == head
end

-- A notice of another text takes the form of the notice of the recall, but for its number.
local function recalledNotice(maps, frame)
  for _, one in pairs(recalled) do
    if string.find(frame, maps.text('id') .. maps.number(one.id), #changedHead + 1, true) then
      local known = {}
      for _, entry in ipairs(maps.entriesAt(frame, #changedHead + 1)) do
        known[entry[1]] = entry[2]
      end
      local kind = maps.textOf(known.kind)
      if maps.numberOf(known.id) == one.id and (kind == 'update' or kind == 'append') then
        local entries = maps.entriesAt(one.frame, #changedHead + 1)
        entries[1] = { 'change', known.change }
        return changedHead .. maps.map(entries)
      end
    end
  end
end

-- What takes the place of a frame; nil where it may stay.
local function withoutContent(maps, frame)
  local one = recalled[string.sub(frame, -8)]
  if one and beginsWith(frame, echoHead) then
    return echoHead .. one.left
  elseif one and beginsWith(frame, directHead) then
    for _, entry in ipairs(maps.entriesAt(frame, #directHead + 1)) do
      if entry[1] == 'author' and maps.textOf(entry[2]) == peer then
        return directHead .. one.left
      end
    end
  elseif beginsWith(frame, changedHead) then
    return recalledNotice(maps, frame)
  end
end

-- Before the notices of the recalls themselves are told.
local function takeOutRecalled()
  if isRecalling then
    local maps = messageMaps()
    local function frameOf(_, frame)
      return withoutContent(maps, frame)
    end
    replaceInRing(frameOf, history)
    replaceInRing(frameOf, events)
  end
end
