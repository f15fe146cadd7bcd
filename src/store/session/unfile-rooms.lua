-- uses: clock session
-- Takes rooms out of the session that are lost, as whoever reads it has found out: each only if it is filed as it was seen.
-- `except` is the socket that reads.
-- Rest arguments: room, its entry as it was read, heads of `$.chat.leave` for an open and a whitelist-only room; four for each.
if not openLog(now) then
  return 'gone'
end
for at = rest, #ARGV, 4 do
  local filed = filedAs(ARGV[at])
  if filed and filed.entry == ARGV[at + 1] then
    unfile(except, ARGV[at], filed, ARGV[at + 2], ARGV[at + 3])
  end
end
saveLog()
