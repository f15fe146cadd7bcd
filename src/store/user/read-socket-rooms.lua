-- Which rooms some of a user's sockets are in, as far as the user's side knows (lib/notes.lua).
-- Rest arguments: the sockets, a few.
local found = {}
for at = rest, #ARGV do
  found[#found + 1] = redis.call('HKEYS', rooms .. ARGV[at])
end
return found
