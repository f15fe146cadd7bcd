-- uses: direct contact/side
-- Whether a user exists and lets another one become its contact: asked of both before anything is written, so that what is
-- refused leaves no trace. The scripts that write ask again.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
return refusalOf(other, trusted, adds, limit)
