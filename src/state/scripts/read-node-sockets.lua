-- The sockets that one node has in a room, with the position at which that is so. Asked after a reset or an outage,
-- never on the way of a message. Replies: 'gone' | {position, {socket, user …}}.
if not openLog() then
  return 'gone'
end
return { position(), redis.call('HGETALL', perNode .. node) }
