-- uses: format
-- Gives events of a user's ring other frames. Streams cannot be edited, and a ring is short, so it is written anew: in one step, so that
-- nobody reads it in between. Rest arguments: the number of each event and its new frame.
local HEADER_BYTES = 61
local frames = {}
for at = rest, #ARGV, 2 do
  frames[tonumber(ARGV[at])] = ARGV[at + 1]
end
local ttl = redis.call('PTTL', events)
local entries = redis.call('XRANGE', events, '-', '+')
redis.call('UNLINK', events)
for _, entry in ipairs(entries) do
  local event = entry[2][2]
  local _, seq, _, _, _, _, _, length = struct.unpack(HEADER, event)
  if frames[seq] then
    event = string.sub(event, 1, HEADER_BYTES + length) .. frames[seq]
  end
  redis.call('XADD', events, entry[1], 'e', event)
end
if ttl > 0 then
  redis.call('PEXPIRE', events, ttl)
end
