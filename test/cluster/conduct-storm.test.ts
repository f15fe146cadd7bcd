// Who may post in a room changes all the time while users post from two nodes. By the log, as somebody on each node hears it, nobody has
// posted behind the notice that silenced or banned it, and before it ended by Redis's clock; nor sooner than slow mode allows.
import { expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { field, until } from '../chat/world.ts';
import { ask, dawdle, namesIn } from '../fault/evictions.ts';
import { change } from '../store/conduct-actions.ts';
import { openStore, type Store } from '../store/store.ts';
import { seeded, type Rng } from '../support/rng.ts';
import { loginRpc, type Rpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
/** What tests of stores call their room. */
const room = 'lobby';
const USERS = ['ann', 'bob', 'cid', 'dan'];
/** Changes of each kind. */
const ROUNDS = 8;

interface Storm {
  readonly owner: User;
  /** An admin, on the other node: both are in the room throughout, and wait for nothing. */
  readonly admin: User;
  /** The sockets of those who post, two of each user. */
  readonly crowd: readonly User[];
  readonly store: Store;
  /** What has become of each message, by its key: its id, or why not. */
  readonly accepted: Map<string, Value>;
  readonly refused: Map<string, string>;
  /** Between which two ids only the owner has posted. */
  readonly ownersOnly: [from: number, to: number][];
  over: boolean;
}

test(
  'nobody posts who is silenced, banned, no writer, or too soon, whatever changes meanwhile',
  seeded(async (rng) => {
    const storm = await startStorm();
    const { owner, admin, crowd, accepted, refused } = storm;
    const ruling = rule(rng, storm).finally(() => {
      storm.over = true;
    });
    await Promise.all([ruling, ...crowd.map((socket) => keepPosting(rng, storm, socket))]);
    const id = await owner.call('roomMessage', room, { key: 'the end' });
    for (const observer of [owner, admin]) {
      await until(observer, 'roomMessage', ([, message]) => field(message, 'id') === id);
      const heard = judged(storm, observer);
      for (const [key, posted] of accepted) expect([key, heard.get(key)]).toEqual([key, posted]);
      expect([...heard.keys()].filter((key) => refused.has(key))).toEqual([]);
    }
    // Each of these was met.
    const codes = [...new Set(refused.values())].toSorted();
    expect(codes).toEqual(['notAllowed', 'notJoined', 'silenced', 'tooManyRequests']);
    expect(accepted.size).toBeGreaterThan(50);
  }),
);

async function startStorm(): Promise<Storm> {
  const rates = { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };
  const service = await startService(scope, { nodes: 2, env: rates });
  const store = await openStore(scope, service.redis, { prefix: service.prefix });
  const login = (node: number, userName: string): Promise<User> => loginRpc(scope, service.node(node).url, userName);
  const [owner, admin] = [await login(0, 'owner'), await login(1, 'admin')];
  await owner.call('roomCreate', room);
  await owner.call('roomAddToList', room, 'adminlist', ['admin']);
  const crowd = await Promise.all(USERS.flatMap((name) => [login(0, name), login(1, name)]));
  for (const socket of [owner, admin, ...crowd]) await socket.call('roomJoin', room);
  return { owner, admin, crowd, store, accepted: new Map(), refused: new Map(), ownersOnly: [], over: false };
}

type Change = 'silence' | 'unsilence' | 'slow' | 'ban' | 'unban' | 'writers';

/** One change of the rules after the other. */
async function rule(rng: Rng, { owner, admin, store, ownersOnly }: Storm): Promise<void> {
  const kinds: Change[] = ['silence', 'unsilence', 'slow', 'ban', 'unban', 'writers'];
  for (const kind of rng.shuffle(Array.from({ length: ROUNDS }, () => kinds).flat())) {
    const names = rng.shuffle(USERS).slice(0, rng.integer(1, 3));
    const by = rng.pick([owner, admin]);
    // By the clock of this machine, which is Redis's too.
    const soon = { until: Date.now() + rng.integer(-20, 100) };
    if (kind === 'silence') await by.call('roomSilence', room, names, ...(rng.chance(0.3) ? [] : [soon]));
    if (kind === 'unsilence') await by.call('roomUnsilence', room, names);
    if (kind === 'slow') await by.call('roomSlowModeSet', room, rng.pick([0, 20, 200]));
    if (kind === 'ban') await by.call('roomAddToList', room, 'blacklist', names, ...(rng.chance(0.2) ? [] : [soon]));
    if (kind === 'unban') await by.call('roomRemoveFromList', room, 'blacklist', names);
    if (kind === 'writers') {
      await change(store, 'c.writers = 2');
      const from = await owner.call('roomMessage', room, { key: `from ${ownersOnly.length}` });
      await dawdle(rng, owner, 10);
      const to = await owner.call('roomMessage', room, { key: `to ${ownersOnly.length}` });
      await change(store, 'c.writers = 0');
      ownersOnly.push([Number(from), Number(to)]);
    }
    await dawdle(rng, owner, 20);
  }
}

async function keepPosting(rng: Rng, storm: Storm, socket: User): Promise<void> {
  const { accepted, refused } = storm;
  for (let i = 0; !storm.over; i++) {
    const key = `${socket.authData.id} ${i}`;
    const transient = rng.chance(0.2);
    const options = transient ? { transient } : { clientMessageId: key };
    const outcome = await ask(socket, 'roomMessage', room, { key }, options);
    if ('error' in outcome) refused.set(key, outcome.error.code);
    else accepted.set(key, outcome.result);
    if (refused.get(key) === 'notJoined') await ask(socket, 'roomJoin', room);
    if ('result' in outcome && !transient && rng.chance(0.2)) {
      // It has its id, unless its author may not post any more.
      const again = await ask(socket, 'roomMessage', room, { key }, options);
      if ('result' in again) expect(again.result).toBe(outcome.result);
      else expect(['silenced', 'notJoined', 'notAllowed']).toContain(again.error.code);
    }
    await dawdle(rng, socket, 3);
  }
}

/** The ids of the messages that somebody has heard, by key, each held against what it had heard of the rules before. */
function judged({ ownersOnly }: Storm, observer: Rpc): Map<string, Value> {
  const heard = new Map<string, Value>();
  const [silenced, banned] = [new Map<string, number>(), new Map<string, number>()];
  const lastPosts = new Map<string, number>();
  let slowMs = 0;
  for (const entry of observer.received) {
    if (!('name' in entry) || entry.params[0] !== room) continue;
    const [, first, second, third] = entry.params;
    const [names, inList] = [namesIn(first), namesIn(second)];
    if (entry.name === 'roomSilenced') for (const name of names) silenced.set(name, timeIn(second));
    if (entry.name === 'roomUnsilenced') for (const name of names) silenced.delete(name);
    if (entry.name === 'roomSlowModeChanged') {
      slowMs = Number(first);
      // Who has posted before may be forgotten by another time.
      lastPosts.clear();
    }
    const isBlacklist = first === 'blacklist';
    if (entry.name === 'roomAccessListAdded' && isBlacklist) for (const name of inList) banned.set(name, timeIn(third));
    if (entry.name === 'roomAccessListRemoved' && isBlacklist) for (const name of inList) banned.delete(name);
    if (entry.name !== 'roomMessage') continue;
    const [id, author, at] = [field(first, 'id'), textIn(field(first, 'author')), Number(field(first, 'timestamp'))];
    heard.set(textIn(field(first, 'key')), id ?? null);
    const said = `${author} at ${at}`;
    expect([said, 'silenced', at >= (silenced.get(author) ?? 0)]).toEqual([said, 'silenced', true]);
    expect([said, 'banned', at >= (banned.get(author) ?? 0)]).toEqual([said, 'banned', true]);
    if (id === undefined || !USERS.includes(author)) continue;
    const wait = at - (lastPosts.get(author) ?? 0) >= slowMs;
    expect([said, 'in slow mode', wait]).toEqual([said, 'in slow mode', true]);
    lastPosts.set(author, at);
    const within = ownersOnly.find(([from, to]) => Number(id) > from && Number(id) < to);
    expect([said, 'among the owner’s', within]).toEqual([said, 'among the owner’s', undefined]);
  }
  return heard;
}

/** Nil for good. */
const timeIn = (value: Value | undefined): number => (typeof value === 'number' ? value : Infinity);

const textIn = (value: Value | undefined): string => (typeof value === 'string' ? value : '');
