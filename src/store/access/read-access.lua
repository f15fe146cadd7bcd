-- uses: occupants access
-- What a room is to one user: whether it may join, and how often it has. Asked before hooks, by sessions and the server
-- API; what is decided by it is checked again by the script that acts. Its attributes come with it where they are asked for (`whole` '1').
if not openLog() then
  return 'noRoom'
end
return {
  admitted(user) and 1 or 0,
  countOf(redis.call('HGET', occupants, user) or ''),
  tonumber(redis.call('HGET', meta, 'whitelistOnly')),
  log.life, position(), whole == '1' and redis.call('HGET', meta, 'attributes') or false,
}
