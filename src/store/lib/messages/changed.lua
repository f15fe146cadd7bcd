-- The place of a log among the changes of its messages, which have numbers of their own: `change`, a field of `meta`, packs the number of
-- the last one and the floor, up to which it is not known any more which messages have changed. There is none where nothing was changed.
local CHANGE = '>dd'

-- The last number and the floor, as they are stored; zeros of nothing.
local function changePlace(stored)
  if not stored then
    return 0, 0
  end
  return struct.unpack(CHANGE, stored)
end
