-- uses: messages/map messages/ring
-- The notices of changes of messages: `opening` begins each, up to the change, which is a map (src/protocol/change.ts).

-- A change as it travels. `rest` are the entries of its kind.
local function changeNotice(maps, change, id, kind, version, at, rest)
  local entries = {
    { 'change', maps.number(change) }, { 'id', maps.number(id) }, { 'kind', maps.text(kind) }, { 'version', maps.number(version) },
    { 'timestamp', maps.number(at) },
  }
  for _, entry in ipairs(rest) do
    entries[#entries + 1] = entry
  end
  return opening .. maps.map(entries)
end

-- The change in a frame by its keys, values still encoded; nil where it is none.
local function changeIn(maps, frame)
  if string.sub(frame, 1, #opening) ~= opening then
    return nil
  end
  local change = {}
  for _, entry in ipairs(maps.entriesAt(frame, #opening + 1) or {}) do
    change[entry[1]] = entry[2]
  end
  return change
end

-- Takes out of the ring that a user has reacted, and how, and why it has recalled something: its own words. That it has stays.
local function scrubUser(maps, user)
  replaceInRing(function(_, frame)
    local change = changeIn(maps, frame)
    local kind = change and maps.textOf(change.by) == user and maps.textOf(change.kind)
    local rest = kind == 'reactions' and { { 'counts', change.counts } } or kind == 'recall' and change.reason and { { 'by', change.by } }
    if rest then
      return changeNotice(maps, maps.numberOf(change.change), maps.numberOf(change.id), kind, maps.numberOf(change.version),
        maps.numberOf(change.timestamp), rest)
    end
  end)
end

-- Takes the content of messages out of the ring: by their ids, `recalled` has the version of each, when it was recalled (nil: as it was told
-- before), and the entries that say by whom. What was told of their content is the recall from here on, each under its own number, so that
-- none is missing.
-- Whoever hears the first of them hears of nothing more, and has to know all there is to know by it.
local function scrubRing(maps, recalled)
  replaceInRing(function(_, frame)
    local change = changeIn(maps, frame)
    local kind = change and maps.textOf(change.kind)
    local id = (kind == 'update' or kind == 'append') and maps.numberOf(change.id)
    local recall = id and recalled[id]
    if recall then
      return changeNotice(maps, maps.numberOf(change.change), id, 'recall', recall.version,
        recall.at or maps.numberOf(change.timestamp), recall.rest)
    end
  end)
end
