-- uses: log
-- Whom a notice to a user is for, and what it is about: the subject of the event, which src/log/recipients.ts reads.
-- Five lines: who, the room, the point of its log (`epoch seq`) from which on somebody is out of it (or `leaving`, of all whom
-- it is for, as soon as they are told), the one socket that is out, a stamp; the later ones only where they say something.

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

-- The same of what comes to some sockets by several ways, of which each hears it by one: `stamp` names it.
local function stamped(who, stamp)
  return who .. '\n\n\n\n' .. stamp
end

-- Tells a user's sockets of what one of them has done. Wants the key `sockets`. `subject` says to whom, and `except` is the socket
-- that it leaves out, '' for none; the count ends the frame. Nothing is told where there is nobody to hear it.
local function echo(subject, except, frame, count)
  local hearers = redis.call('HLEN', sockets) - redis.call('HEXISTS', sockets, except)
  if hearers > 0 and frame ~= '' then
    announce(NOTICE, subject, frame .. u64(tonumber(count)))
  end
end
