-- uses: clock session
-- Takes rooms out of the session that are lost, as whoever reads it has found out: each only if it is still filed by the
-- life that was seen. `except` is the socket that reads.
-- Rest arguments: room, life, heads of `$.chat.leave` for an open and a whitelist-only room; four for each.
if not openLog(now) then
  return 'gone'
end
for at = rest, #ARGV, 4 do
  unfile(except, ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
end
saveLog()
