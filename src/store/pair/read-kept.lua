-- uses: direct/pair
-- Messages of a pair as they are now, in the order of the ids that are asked for; nothing of one that is not kept any more. One step, so
-- that they are of one moment. Rest arguments: the ids.
if not openLog(now) then
  return 'noPair'
end
local found = {}
for at = rest, #ARGV do
  found[#found + 1] = eventAt(ARGV[at]) or false
end
return found
