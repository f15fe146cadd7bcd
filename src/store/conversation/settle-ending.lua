-- uses: clock
-- A room whose time was over has been deleted (`wasThere` is '1'), or was not there. Who was to make it may yet do so, by a clock that
-- is behind or with a script that comes late: then it is looked for once more, `lateMs` later.
local noted = redis.call('ZSCORE', endings, room)
if not noted then
  return
end
if wasThere == '1' or tonumber(noted) > tonumber(endsAt) then
  redis.call('ZREM', endings, room)
else
  redis.call('ZADD', endings, now + tonumber(lateMs), room)
end
