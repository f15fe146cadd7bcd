-- Whether only those on a user's whitelist may write to it. One step, so that a user who is gone is not taken for open.
if redis.call('EXISTS', meta) == 0 then
  return 'gone'
end
return redis.call('HGET', meta, 'directWhitelistOnly') == '1' and 1 or 0
