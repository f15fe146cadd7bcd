-- Whether a user's lists and mode let another one write to it. Replies: 'noUser' | {0 or 1}.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
return { mayWrite(user) and 1 or 0 }
