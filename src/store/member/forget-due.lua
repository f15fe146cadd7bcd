-- Forgets changes of members of which these users were told, line by line: whatever has come since is still to be told.
-- Rest arguments: user, note; two for each.
for at = rest, #ARGV, 2 do
  local user, told = ARGV[at], ARGV[at + 1]
  local isTold = {}
  for line in string.gmatch(told, '[^\n]+') do
    isTold[line] = true
  end
  local left = {}
  for line in string.gmatch(redis.call('HGET', membersDue, user) or '', '[^\n]+') do
    if not isTold[line] then
      left[#left + 1] = line
    end
  end
  if #left == 0 then
    redis.call('HDEL', membersDue, user)
  else
    redis.call('HSET', membersDue, user, table.concat(left, '\n'))
  end
end
