-- uses: log
-- Reading sets page by page. A page of a sorted set is exact; one of a set is what a scan gives: about as many, and none is
-- left out that is there all the while. A cursor of '' begins, and ends.

local function pageOfNames(key, after, limit)
  local from = after == '' and '-' or ('(' .. after)
  local found = redis.call('ZRANGEBYLEX', key, from, '+', 'LIMIT', 0, limit + 1)
  if #found <= limit then
    return { redis.call('ZCARD', key), found, '', log.life }
  end
  -- One more than asked for tells that this page is not the last.
  found[#found] = nil
  return { redis.call('ZCARD', key), found, found[#found], log.life }
end

local function pageOfSet(key, cursor, limit)
  local scanned = redis.call('SSCAN', key, cursor == '' and '0' or cursor, 'COUNT', limit)
  return { redis.call('SCARD', key), scanned[2], scanned[1] == '0' and '' or scanned[1], log.life }
end
