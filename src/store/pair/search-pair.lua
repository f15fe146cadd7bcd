-- uses: direct/pair messages/search
-- What a search of the messages of a pair looks at next, with the marks of both, of one moment.
if not openLog(now) then
  return 'noPair'
end
local searched = searchedFrom(firstSeenBy(user))
if not searched then
  return 'otherLog'
end
local sentOwn, sentPeer = markOf('sent', user), markOf('sent', peer)
local readOwn, readPeer = markOf('read', user), markOf('read', peer)
return { searched[1], searched[2], searched[3], searched[4], sentOwn, readOwn, sentPeer, readPeer }
