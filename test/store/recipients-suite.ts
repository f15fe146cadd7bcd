// Whom a notice to a user is for and what it is about: what scripts write (lib/recipients.lua) is what nodes read
// (src/log/recipients.ts).
import { expect, test } from '@jest/globals';
import { addressOf, isRecipient, type Address } from '../../src/log/recipients.ts';
import { userTopic } from '../../src/redis/keys.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { begun, addEntry, prefixes, life, login, out, point, user } from './session-actions.ts';
import { frame, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const roomName = 'a room of two';

/** An address, where it differs from one to everybody about nothing. */
const to = (address: Partial<Address>): Address => ({
  recipients: { to: 'all' },
  about: undefined,
  removal: undefined,
  ...address,
});

/** What is told to those who take part in the session, of the room. */
const ofSession = (but: string | undefined, out?: Address['removal']): Address =>
  to({ recipients: { to: 'synced', but }, about: roomName, removal: out });

const removal = (seq: number, socketId?: string): Address['removal'] => ({ at: point(seq), socketId });

const lose = (store: Store, nodeIds: string[]): Promise<unknown> => {
  const lost = { roomName, life, at: point(2 ** 40), frame: frame('lost'), nodeIds };
  return store.users.notifyRoomLost(user, { ...lost, ...prefixes });
};

/** What is done to a user with two sockets that take part in its session, and how each notice of it is addressed. */
const acts: readonly [what: string, act: (store: Store) => Promise<unknown>, addresses: readonly Address[]][] = [
  ['a login', (store) => login(store, 'c', 'n1'), [to({ recipients: { to: 'allBut', socketId: 'c' } })]],
  [
    'a logout',
    (store) => store.users.logout(user, 'b', frame('out'), [{ echo: frame('left'), njoined: 1 }]),
    [to({}), to({})],
  ],
  [
    'notices',
    async ({ users }) => {
      for (const except of ['a', '']) await users.notifyOthers(user, except, frame('notice'));
    },
    [to({ recipients: { to: 'allBut', socketId: 'a' } }), to({})],
  ],
  [
    'echoes',
    async ({ users }) => {
      for (const except of ['a', '']) await users.echo(user, { except, frame: frame('echo'), count: 1 });
    },
    [to({ recipients: { to: 'allBut', socketId: 'a' } }), to({})],
  ],
  [
    'a direct message',
    (store) =>
      store.directs.send(user, {
        author: 'bob',
        rights: rightsOf('bob'),
        prefix: frame('prefix'),
        clientMessageId: undefined,
        transient: false,
      }),
    [to({})],
  ],
  [
    'adding',
    async (store) => {
      await addEntry(store, { roomName });
      await addEntry(store, { roomName, group: 'work', except: '' });
    },
    [ofSession('a'), ofSession(undefined), ofSession(undefined)],
  ],
  [
    'removing',
    async (store) => {
      for (const lostAt of [undefined, point(7)]) {
        await addEntry(store, { roomName, echo: undefined });
        const read = await store.sessions.read(user);
        const [one] = read === 'gone' ? [] : read.entries;
        if (one === undefined) throw new Error('nothing is there');
        await store.sessions.removeEntries(user, 'b', [{ ...one, ...prefixes, lostAt }]);
      }
    },
    [ofSession('a'), ofSession('b', removal(Number.MAX_SAFE_INTEGER)), ofSession('a'), ofSession('b', removal(7))],
  ],
  [
    'a leave',
    async (store) => {
      await addEntry(store, { roomName });
      const leave = await begun(store, roomName);
      await store.sessions.finishLeave(user, leave, [out('a', 1, point(8)), out('b', 0, point(9))], 'a');
    },
    [
      ofSession('a'),
      // From when on it is told, whatever the point.
      ofSession('a', { at: undefined, socketId: undefined }),
      to({ recipients: { to: 'allBut', socketId: 'a' }, about: roomName, removal: removal(8, 'a') }),
      to({ about: roomName, removal: removal(9, 'b') }),
    ],
  ],
  [
    'removals',
    async (store) => {
      await lose(store, []);
      await lose(store, ['n1', 'n2']);
    },
    [
      to({ about: roomName, removal: removal(2 ** 40) }),
      to({
        recipients: { to: 'notOn', nodeIds: new Set(['n1', 'n2']) },
        about: roomName,
        removal: removal(2 ** 40),
      }),
    ],
  ],
];

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function recipientsSuite(open: OpenStore): void {
  test.each(acts)('are read as they were written: %s', async (_, act, addresses) => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    const events = await store.listen(userTopic(user));
    await act(store);
    await eventually(() => expect(events).toHaveLength(addresses.length));
    expect(events.map(addressOf)).toEqual(addresses);
  });

  test('are these of the user’s sockets', () => {
    const sockets = ['a n1 synced', 'b n1', 'c n2 synced', 'd n3'];
    const hear = (subject: string): string =>
      sockets
        .map((one) => one.split(' '))
        .filter(([socketId = '', nodeId = '', synced]) =>
          isRecipient(addressOf({ subject }).recipients, { socketId, nodeId, synced: synced !== undefined }),
        )
        .map(([socketId]) => socketId)
        .join('');
    expect(['', 'a', 'none', '+', '+a', '+b', '@n1', '@n1 @n3', '\nlobby', 'a\nlobby\ne 1\na'].map(hear)).toEqual(
      'abcd bcd abcd ac c ac cd c abcd bcd'.split(' '),
    );
  });
}
