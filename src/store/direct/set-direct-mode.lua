-- uses: inbox/expiry
-- Sets whether only those on a user's whitelist may write to it. One step, so that no user is made by it.
if redis.call('EXISTS', meta) == 0 then
  return 'gone'
end
redis.call('HSET', meta, 'directWhitelistOnly', mode)
if mode == '1' then
  stayWith(meta, anonymous)
end
