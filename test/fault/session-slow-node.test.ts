// Devices of one user at the same time, one of them on a node to which Redis is far: between any two steps of its requests
// there is time for all that the others do.
import { test } from '@jest/globals';
import { runRound, type Players } from '../chat/session-races-suite.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedis } from '../support/redis.ts';
import { seeded } from '../support/rng.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

test.each([false, true])('end in one session, with an owner who acts against them: %s', (withOwner) =>
  seeded(async (rng) => {
    const redis = await startRedis(scope);
    const link = await startLink(scope, redis.port);
    const service = await startService(scope, { nodes: 1, redis });
    await service.addNode({ PARLEY_REDIS_URL: link.url });
    let count = 0;
    const fresh = (what: string): string => `${what}-${++count}`;
    const players: Players = {
      fresh,
      login: (node, userName = fresh('user'), format = 'msgpack', credentials = {}) =>
        loginRpc(scope, service.node(node).url, userName, { format, credentials: { userName, ...credentials } }),
      room: async (owner, ...joined) => {
        const roomName = fresh('room');
        await owner.call('roomCreate', roomName);
        for (const one of joined) await one.call('roomJoin', roomName);
        return roomName;
      },
    };
    link.delay(25);
    await runRound(players, rng, withOwner);
  })(),
);
