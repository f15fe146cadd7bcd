-- uses: clock
-- Since when there are webhooks: what was said before is not sent. Stays as it is once it is set.
redis.call('HSETNX', meta, 'since', string.format('%.0f', now))
return redis.call('HGET', meta, 'since')
