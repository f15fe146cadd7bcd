-- uses: messages/ring
-- Gives events of a user's ring other frames. Rest arguments: the number of each event and its new frame.
local frames = {}
for at = rest, #ARGV, 2 do
  frames[tonumber(ARGV[at])] = ARGV[at + 1]
end
replaceInRing(function(seq)
  return frames[seq]
end)
