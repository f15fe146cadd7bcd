-- Keys of a room by what they begin with, which is `room`, for a script that goes through several rooms.
local meta, room, channel, occupants, history, dedup, marks, mentioned

local function enterRoom(metaKey, beginning)
  meta, room = metaKey, beginning
  channel, occupants, history, dedup = room .. 'channel', room .. 'members', room .. 'history', room .. 'dedup:'
  marks, mentioned = room .. 'marks', room .. 'mentioned'
end
