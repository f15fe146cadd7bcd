-- uses: log recipients
-- Telling a user's sockets of what one of them has done. Wants the key `sockets`.

-- `subject` says to whom (lib/recipients.lua), and `except` is the socket that it leaves out, '' for none; the count ends the
-- frame. Nothing is told where there is nobody to hear it.
local function echo(subject, except, frame, count)
  local hearers = redis.call('HLEN', sockets) - redis.call('HEXISTS', sockets, except)
  if hearers > 0 and frame ~= '' then
    announce(NOTICE, subject, frame .. u64(tonumber(count)))
  end
end
