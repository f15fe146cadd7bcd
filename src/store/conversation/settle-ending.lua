-- uses: clock
-- A room whose time was over has been deleted (`wasThere` is '1'), or was not there. Who was to make it may yet do so, by a clock that
-- is behind or with a script that comes late: then it is looked for once more, until `lateMs` behind its end.
if not redis.call('ZSCORE', endings, room) then
  return
end
if wasThere == '1' or now >= tonumber(endsAt) + tonumber(lateMs) then
  redis.call('ZREM', endings, room)
else
  redis.call('ZADD', endings, string.format('%.0f', math.max(now, tonumber(endsAt)) + lateMs), room)
end
