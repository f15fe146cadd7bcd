-- uses: messages/latest
-- Writes the stream of a log anew, a page at a time: Redis only marks what is taken out of a stream, and its bytes stay in memory and in
-- what is saved of it. The copy takes the place of the stream in the step that has copied its last entry; posts go on meanwhile. Should
-- more be taken out before that, the copy begins again (lib/messages/latest.lua), so that it has nothing that was taken out. Tells whether there
-- is more to do. A copy that nobody goes on with expires.
local STEP, COPY_MS = 50, 3600000
if not openLog() then
  return 'gone'
end
if redis.call('HEXISTS', meta, 'dirty') == 0 then
  return 0
end
local last = redis.call('XREVRANGE', rewritten, '+', '-', 'COUNT', 1)[1]
local from = last and idOf(last) + 1 or 0
local copied, bytes, isOver = 0, 0, false
while not isOver and copied < tonumber(pageMax) and bytes < tonumber(bytesMax) do
  local entries = redis.call('XRANGE', history, int(from), '+', 'COUNT', STEP)
  for _, entry in ipairs(entries) do
    redis.call('XADD', rewritten, entry[1], 'e', entry[2][2])
    from, copied, bytes = idOf(entry) + 1, copied + 1, bytes + #entry[2][2]
  end
  isOver = #entries < STEP
end
if not isOver then
  redis.call('PEXPIRE', rewritten, COPY_MS)
  return 1
end
-- What was trimmed meanwhile goes here, too.
local oldest = redis.call('XRANGE', history, '-', '+', 'COUNT', 1)[1]
if oldest then
  local ttl = redis.call('PTTL', history)
  redis.call('XTRIM', rewritten, 'MINID', oldest[1])
  redis.call('RENAME', rewritten, history)
  if ttl > 0 then
    redis.call('PEXPIRE', history, ttl)
  else
    redis.call('PERSIST', history)
  end
else
  redis.call('UNLINK', history, rewritten)
  -- What comes next is to go by itself again (lib/age/ages.lua).
  redis.call('HDEL', meta, 'aged')
end
redis.call('HDEL', meta, 'dirty')
return 0
