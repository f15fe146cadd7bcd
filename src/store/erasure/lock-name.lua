-- Keeps a name from being anybody's for `holdMs`: what its user wrote is being erased, and nothing of a later one may go with it. It
-- ends by itself where nobody goes on with that.
redis.call('SET', erasing, '1', 'PX', holdMs)
