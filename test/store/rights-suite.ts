// Whose rights a script is asked with: an empty name is nobody's, and the service passes by being told so, never by a name.
import { expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import { declaredScripts, layOut } from '../../src/redis/script.ts';
import { NOBODY, rightsOf, SERVICE, type Rights } from '../../src/store/rights.ts';
import { useScope } from '../support/scope.ts';
import { edit, leftPrefix } from './access-actions.ts';
import { post, room, starter } from './room-actions.ts';
import { frame, type OpenStore, type Store } from './store.ts';

/** All that is asked with rights, in an order in which the service can do it, and what it is answered. */
const acts: readonly [name: string, refusal: string, act: (store: Store, rights: Rights) => Promise<unknown>][] = [
  ['reading a room', 'notJoined', ({ rooms }, rights) => rooms.readInfo(room, rights)],
  ['reading history', 'notJoined', ({ histories }, rights) => histories.read(room, rights, undefined, 5)],
  ['reading who was seen', 'notJoined', ({ memberships }, rights) => memberships.readSeen(room, rights, 'bob')],
  ['reading a list', 'notJoined', (store, rights) => page(store, rights, 'blacklist')],
  ['reading the userlist', 'notJoined', (store, rights) => page(store, rights, 'userlist')],
  ['posting', 'notJoined', (store, rights) => post(store, rights)],
  [
    'adding to a list',
    'notAllowed',
    ({ access }, rights) => access.addToList(room, rights, edit('whitelist', ['zoe'])),
  ],
  ['taking off', 'notAllowed', ({ access }, rights) => access.removeFromList(room, rights, edit('whitelist', ['zoe']))],
  ['setting the mode', 'notAllowed', ({ access }, rights) => access.setMode(room, rights, mode)],
  ['posting where an eviction is staged', 'notJoined', (store, rights) => post(store, rights)],
  ['writing to a user', 'notAllowed', (store, rights) => send(store, rights)],
  ['deleting a room', 'notAllowed', ({ rooms }, rights) => rooms.delete(room, rights, 'n1', frame('deleted'))],
];
const mode = { whitelistOnly: true, frame: frame('mode'), leftPrefix };

const page = ({ access }: Store, rights: Rights, listName: string): Promise<unknown> =>
  access.readList(room, rights, listName, { cursor: '', limit: 5 });

const send = ({ directs }: Store, rights: Rights): Promise<unknown> =>
  directs.send('bob', {
    author: undefined,
    rights,
    prefix: frame('prefix'),
    clientMessageId: undefined,
    transient: false,
  });

export function rightsSuite(open: OpenStore): void {
  const start = starter(open, useScope());

  test('are not those of the service for a name that is nobody’s, and an empty one reaches no script', async () => {
    // A room of nobody's: whose owner is stored as an empty name.
    const store = await start({}, { owner: undefined });
    await store.users.login('bob', { socketId: 's1', nodeId: 'n1', echo: frame('in') });
    await store.directs.setWhitelistMode('bob', true);
    const [before, seen] = [await store.ttls(), await store.listen(roomTopic(room))];
    for (const [name, refusal, act] of acts) {
      await expect(act(store, rightsOf(''))).rejects.toThrow('a user without a name');
      expect([name, await act(store, rightsOf(NOBODY))]).toEqual([name, refusal]);
      expect([name, await act(store, rightsOf('eve'))]).toEqual([name, refusal]);
    }
    expect(Object.keys(await store.ttls())).toEqual(Object.keys(before));
    expect(seen).toEqual([]);
    for (const [name, , act] of acts) expect([name, typeof (await act(store, SERVICE))]).toEqual([name, 'object']);
  });

  test('of a user are asked by no script without a name', async () => {
    const { keys } = await start();
    const asking = [...declaredScripts].filter(({ args }) => args.includes('user'));
    expect(asking.length).toBeGreaterThanOrEqual(acts.length - 4);
    for (const script of asking) {
      const one = keys.room(room).meta;
      const named = (user: string): unknown =>
        layOut(
          script,
          Object.fromEntries(script.keys.map((name) => [name, one])),
          { ...Object.fromEntries(script.args.map((name) => [name, 'x'])), user },
          {},
          () => Buffer.alloc(8),
        );
      expect(() => named('')).toThrow(`${script.name}: a user without a name`);
      expect(named('bob')).toContain('bob');
    }
  });
}
