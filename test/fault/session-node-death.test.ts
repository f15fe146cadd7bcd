// A node that is killed while a device on it leaves many rooms at once: whichever step each leave had reached, what was
// taken out of the session stays out, no device is left in it, and what was not is as before.
import { expect, test } from '@jest/globals';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { seeded } from '../support/rng.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const ROOMS = 60;

const groupOf = async (user: User): Promise<string[]> =>
  Object.keys(Object(Object(await user.call('sessionGet'))['custom'])).toSorted();

test(
  'a device is in exactly the rooms that its user still has in the session',
  seeded(async (rng) => {
    const env = { PARLEY_NODE_LEASE_MS: '4000', PARLEY_REQUESTS_IN_FLIGHT: '6' };
    const service = await startService(scope, { nodes: 2, env });
    const userName = 'ann';
    const connect = (node: number): Promise<User> =>
      loginRpc(scope, service.node(node).url, userName, { credentials: { userName, enableSync: true } });
    const [doomed, far] = [await connect(0), await connect(1)];
    const rooms = Array.from({ length: ROOMS }, (_, i) => `room-${String(i).padStart(2, '0')}`);
    for (const room of rooms) {
      await doomed.call('roomCreate', room);
      await doomed.call('roomJoin', room);
      await far.call('roomJoin', room);
    }
    void doomed
      .callAll(...rooms.map((room) => ['roomLeave', room] as const))
      .map((left) => left.catch(() => undefined));
    const after = rng.integer(1, ROOMS / 2);
    for (let i = 0; i < after; i++) await far.next('$.chat.leave');
    await service.node(0).kill();

    await far.next('socketDisconnectEcho');
    await eventually(
      async () => {
        const kept = await groupOf(far);
        const sockets = Object(await far.call('listOwnSockets'));
        expect(Object.keys(sockets)).toEqual([far.authData.id]);
        expect(sockets[far.authData.id].toSorted()).toEqual(kept);
        const left = far.heard('$.chat.leave').map(([params]) => textOf(field(field(params, 'chat'), 'name')));
        expect([...kept, ...left].toSorted()).toEqual(rooms);
      },
      { timeoutMs: 30_000, what: 'the node is swept' },
    );
    const kept = await groupOf(far);
    // Redis says so, and so do the rooms: what it hears is what it has.
    for (const room of rooms) {
      const posted = far.call('roomMessage', room, {}).then(
        () => true,
        () => false,
      );
      expect(await posted).toBe(kept.includes(room));
    }
    const heard = far.heard('roomMessage').map(([room]) => textOf(room));
    expect(heard.toSorted()).toEqual(kept);
    expect((await connect(1)).heard('$.chat.join')).toHaveLength(kept.length);
  }),
);
