// Who tells contacts of whom, and when: against a store of this file, of which some does not answer.
import { expect, test } from '@jest/globals';
import { Presence } from '../../src/chat/contact/presence.ts';
import { StateUnavailable } from '../../src/redis/unavailable.ts';
import { eventually } from '../support/eventually.ts';

interface World {
  readonly presence: Presence;
  /** Each `user → contact` that was told. */
  readonly told: string[];
  readonly errors: unknown[];
  /** Contacts on slots that do not answer. */
  readonly away: Set<string>;
  /** What becomes of users: who is in it is settled. */
  readonly settled: Set<string>;
  /** Somebody else has changed something since the node looked last. */
  isAnew: boolean;
}

/** Everybody has these contacts, is online, and nobody was told that yet. */
function world(contacts: readonly string[]): World {
  const told: string[] = [];
  const errors: unknown[] = [];
  const [away, settled] = [new Set<string>(), new Set<string>()];
  const made = { told, errors, away, settled, isAnew: true };
  const presence = new Presence({
    presences: {
      settle(userName, { toldOnline }) {
        if (toldOnline !== undefined) settled.add(userName);
        if (settled.has(userName)) return Promise.resolve('settled');
        return Promise.resolve({ waitMs: 0, online: true, lastOnline: 1, isAnew: made.isAnew });
      },
      readTold: () => Promise.resolve({ names: [...contacts], next: undefined }),
      tell(contact, userName) {
        if (away.has(contact)) return Promise.reject(new StateUnavailable(contact));
        told.push(`${userName} → ${contact}`);
        return Promise.resolve(true);
      },
    },
    topics: { follow: () => Promise.resolve(), unfollow: () => undefined },
    repairs: { retry: () => undefined },
    instance: { nodeId: 'n1', owns: () => true },
    wake: () => undefined,
    onError: (error) => errors.push(error),
  });
  return Object.assign(made, { presence });
}

test('all users of whom something is due are told in one go, a few at a time', async () => {
  const { presence, told } = world(['bob']);
  const users = Array.from({ length: 200 }, (_, i) => `user ${i}`);
  for (const user of users) await presence.note(user, 0);
  presence.run();
  await eventually(() => expect(told).toEqual(users.map((user) => `${user} → bob`)));
});

test('a contact that cannot be told keeps nobody waiting, and is told later, alone', async () => {
  const state = world(['bob', 'carol', 'dave']);
  const { presence, told, away, settled, errors } = state;
  away.add('carol');
  for (const user of ['ann', 'zoe']) await presence.note(user, 0);
  presence.run();
  await eventually(() => expect(errors).toHaveLength(2));
  const first = ['ann → bob', 'ann → dave', 'zoe → bob', 'zoe → dave'];
  expect([told.toSorted(), [...settled]]).toEqual([first, []]);
  state.isAnew = false;
  away.clear();
  await eventually(() => {
    presence.run();
    expect([...settled].toSorted()).toEqual(['ann', 'zoe']);
  });
  expect(told.slice(first.length).toSorted()).toEqual(['ann → carol', 'zoe → carol']);
});

test('all contacts are told again where something has changed since one of them could not be', async () => {
  const { presence, told, away, settled } = world(['bob', 'carol']);
  away.add('carol');
  await presence.note('ann', 0);
  presence.run();
  await eventually(() => expect(told).toEqual(['ann → bob']));
  away.clear();
  await eventually(() => {
    presence.run();
    expect([...settled]).toEqual(['ann']);
  });
  expect(told).toEqual(['ann → bob', 'ann → bob', 'ann → carol']);
});

test('what is adopted is only looked at, and told in its turn', async () => {
  const { presence, told, settled } = world(['bob']);
  settled.add('zoe');
  for (const user of ['ann', 'zoe']) await presence.adopt(user, 'dead');
  expect(told).toEqual([]);
  presence.run();
  await eventually(() => expect([...settled].toSorted()).toEqual(['ann', 'zoe']));
  expect(told).toEqual(['ann → bob']);
});
