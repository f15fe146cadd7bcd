-- All of a deleted room was sent: what was kept of it goes.
redis.call('ZREM', webhookEnded, life)
redis.call('UNLINK', meta, history, latest, events, webhook)
