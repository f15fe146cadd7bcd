-- The events of a user's ring that have some bytes in them: which of them are what is looked for is for the caller to say. A ring is
-- short (lib/log.lua).
local PAGE = 100
local found, from = {}, '-'
while true do
  local entries = redis.call('XRANGE', events, from, '+', 'COUNT', PAGE)
  for _, entry in ipairs(entries) do
    if string.find(entry[2][2], bytes, 1, true) then
      found[#found + 1] = entry[2][2]
    end
  end
  if #entries < PAGE then
    return found
  end
  from = '(' .. entries[#entries][1]
end
