-- uses: direct
-- Whether a user's lists and mode let another one write to it.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
return mayWrite(user, '0') and 1 or 0
