-- Those of some names that a user blocks. Rest arguments: the names.
local blocked = {}
if redis.call('EXISTS', blacklist) == 1 then
  for at = rest, #ARGV do
    if redis.call('SISMEMBER', blacklist, ARGV[at]) == 1 then
      blocked[#blocked + 1] = ARGV[at]
    end
  end
end
return blocked
