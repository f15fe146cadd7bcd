-- Whom a notice to a user is for, and what it is about: the subject of the event, which src/log/recipients.ts reads.
-- Four lines: who, the room, the point of its log (`epoch seq`) from which on somebody is out of it (or `leaving`, of all whom
-- it is for, as soon as they are told), the one socket that is out; the later ones only where they say something.

-- All sockets but one; '' for none.
local function allBut(socket)
  return socket
end

-- Those that take part in the session, but for one; '' for none.
local function syncedBut(socket)
  return '+' .. socket
end

-- What has its place among the answers to requests about a room.
local function about(who, roomName)
  return who .. '\n' .. roomName
end

-- The same of what tells that all whom it is for are being taken out of it.
local function takingOut(who, roomName)
  return about(who, roomName) .. '\nleaving'
end

-- The same of what tells that somebody is out of it: one socket, or '' for the whole user.
local function outOf(who, roomName, epoch, seq, socket)
  return about(who, roomName) .. '\n' .. epoch .. ' ' .. seq .. (socket == '' and '' or '\n' .. socket)
end
