-- Voids the resume tokens that came of one login: it was ended on purpose. One step, so that none is issued meanwhile.
-- Replies: 'ok'.
local all = redis.call('HGETALL', resume)
for at = 1, #all, 2 do
  if string.match(all[at + 1], '^%d+ (%S+)') == family then
    redis.call('HDEL', resume, all[at])
  end
end
return 'ok'
