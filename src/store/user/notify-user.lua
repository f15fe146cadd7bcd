-- uses: clock inbox/record recipients inbox/age
-- A notice to the sockets of a user; `except` is the socket that is left out, '' for none. One that the inbox keeps (`logged` '1') is
-- for those that come later, too.
if not openLog(now) then
  return 'gone'
end
if logged == '1' then
  record(allBut(except), frame)
  saveInbox()
elseif redis.call('HLEN', sockets) > 0 then
  announce(NOTICE, allBut(except), frame)
  saveLog()
end
trimOldNotices()
