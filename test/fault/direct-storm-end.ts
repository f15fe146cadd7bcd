// The end of a storm of changes of direct messages: every device comes back and hears what is left; then what it was told, what was
// acknowledged and what each node reads to each side are held against each other.
import type { Redis } from 'ioredis';
import type { ValueMap, Value } from '../../src/protocol/params/values.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { canonical, type HeldMessage } from '../support/held-messages.ts';
import { toldByAll, type PairView } from '../support/pair-view.ts';
import { bookFaults, reactionFaults, toldTexts, wordOf, type History } from './change-book.ts';
import { hear, historyWith, pairOf, settle, type Device, type DirectStorm } from './direct-storm-seat.ts';
import { ask } from './storm-actor.ts';

const LAST = 'the end';

/** What is there at the end of each conversation, by its name in the book. */
export type DirectEnds = ReadonlyMap<string, History>;

/** Waits until everybody is there, what is due was told by whoever it was left to, and all have heard the last word. */
export async function endDirects(storm: DirectStorm, client: Redis): Promise<DirectEnds> {
  const { devices } = storm;
  for (const device of devices) {
    await eventually(
      async () => {
        await settle(storm, device);
        if (device.socket.isClosed()) throw new Error(`${device.userName} is not let in`);
      },
      { timeoutMs: 30_000 },
    );
  }
  await toldAll(storm, client);
  for (const device of firstDevices(storm)) {
    for (const peer of device.views.keys()) {
      await eventually(
        async () => {
          const outcome = await ask(storm, device, 'directMessage', peer, { textMessage: LAST });
          if (outcome === undefined || !('result' in outcome)) throw new Error(JSON.stringify(outcome));
        },
        { timeoutMs: 30_000 },
      );
    }
  }
  const ends = new Map<string, History>();
  for (const device of devices) {
    for (const [peer, view] of device.views) {
      const history = await hold(storm, device, peer, view);
      ends.set(pairOf(device.userName, peer), history);
    }
  }
  return ends;
}

const firstDevices = ({ users, devices }: DirectStorm): Device[] =>
  users.flatMap((userName) => devices.find((device) => device.userName === userName) ?? []);

/** Without a word more: that would have it told. */
async function toldAll({ users, service }: DirectStorm, client: Redis): Promise<void> {
  const keys = new Keyspace(service.prefix);
  const pairs = users.flatMap((one, i) => users.slice(i + 1).map((other) => keys.pair(one, other).changesDue));
  await eventually(
    async () => {
      for (const key of [...pairs, ...users.map((userName) => keys.user(userName).changesDue)])
        if ((await client.exists(key)) === 1) throw new Error(`${key} is there`);
    },
    { timeoutMs: 30_000, what: 'everything that is due, to be told' },
  );
}

/** Resolves with what its own node reads to a device, when that holds it. */
async function hold(storm: DirectStorm, device: Device, peer: string, view: PairView): Promise<History> {
  return eventually(
    async () => {
      const history = await historyWith(device.socket, peer);
      hear(storm, device);
      const differing = differences(storm, device, view, history);
      if (differing.length === 0) return history;
      const found = [...view.faults, ...differing].slice(0, 4).join('; ');
      throw new Error(`${nameOf(device)} with ${peer}: ${found}`);
    },
    { timeoutMs: 20_000, what: 'what was told, to be what is read' },
  );
}

const nameOf = ({ userName, index, node }: Device): string => `${userName} (${index}, on node ${node})`;

function differences(storm: DirectStorm, device: Device, view: PairView, history: History): string[] {
  if (device.losses > 0) return [];
  return [...history].flatMap(([id, message]) => {
    const held = view.messages.get(id);
    if (held === undefined) return mayMiss(storm, device, message) ? [] : [`${id} is missing: ${canonical(message)}`];
    return canonical(held) === canonical(message)
      ? []
      : [`holds ${canonical(held)} where ${canonical(message)} is read`];
  });
}

/**
 * Of what its user has said with another device whose node died, or whose echo a failover took, and of what it was not answered itself,
 * a device need not know.
 */
function mayMiss({ book, dead, mayLose }: DirectStorm, { userName, index }: Device, message: HeldMessage): boolean {
  if (message['author'] !== userName) return false;
  const post = book.posts.get(wordOf(message['textMessage']));
  if (post === undefined) return message['recalled'] === true;
  return dead.has(post.node) || (post.index === index ? post.id === undefined : mayLose);
}

/**
 * What cannot be, in all that was told, acknowledged and read; and how many changes each pair had. Who was told of a loss is asked only
 * for what it reads, and then not all that was acknowledged need be there.
 */
export async function judgeDirects(
  storm: DirectStorm,
  ends: DirectEnds,
): Promise<{ faults: string[]; changes: number[] }> {
  const { devices, book } = storm;
  const isWhole = devices.every(({ losses }) => losses === 0);
  const faults = [...book.faults, ...(isWhole ? book.losses : [])];
  const changes: number[] = [];
  for (const [place, history] of ends) {
    const seen = devices.flatMap((device) =>
      [...device.views].flatMap(([peer, view]) =>
        pairOf(device.userName, peer) === place ? [{ device, peer, view }] : [],
      ),
    );
    const told = toldByAll(seen.flatMap(({ device, view }) => (device.losses === 0 ? [view] : [])));
    changes.push(told.all.size);
    faults.push(...told.faults.map((fault) => `${place}: ${fault}`));
    for (const { device, peer, view } of seen) {
      const who = `${nameOf(device)} in ${place}`;
      if (device.losses === 0) {
        faults.push(...view.faults.map((fault) => `${who}: ${fault}`));
        if (view.lastChange !== told.all.size)
          faults.push(`${who} was told of ${view.lastChange} of ${told.all.size} changes`);
      }
      const read = await historyWith(device.socket, peer);
      if (canonical([...read]) !== canonical([...history])) faults.push(`${who} reads something else`);
    }
    if (!isWhole) continue;
    const texts = toldTexts([...told.all.values()].map(({ change }) => change as Value));
    faults.push(...bookFaults(book, place, history, texts));
    const [reader] = seen;
    if (reader === undefined) continue;
    const pageOf = (id: number, options: ValueMap): Promise<Value> =>
      reader.device.socket.call('directReactionsGet', reader.peer, id, options);
    faults.push(...(await reactionFaults(book, place, history, { read: pageOf })));
  }
  return { faults, changes };
}
