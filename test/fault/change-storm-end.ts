// The end of a storm of changes: everybody is let in and hears what is left; then what was told, what was acknowledged, what each node
// reads, what a join gives from earlier places and what Redis keeps are held against each other.
import type { Redis } from 'ioredis';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { ChangeView, pieceFaults, positionOf, type Snapshot } from '../support/change-view.ts';
import { eventually } from '../support/eventually.ts';
import { canonical, type HeldMessage } from '../support/held-messages.ts';
import type { Rng } from '../support/rng.ts';
import { loginRpc, type Rpc } from '../support/rpc.ts';
import { field } from '../chat/world.ts';
import { bookFaults, reactionFaults, toldTexts, type History } from './change-book.ts';
import { hear, join, settle, type ChangeStorm, type Seat } from './change-storm-seat.ts';
import { ask } from './storm-actor.ts';

const PAGE = 50;
const SNAPSHOTS = 6;

/** What is there at the end of each room, by name. */
export type Ends = ReadonlyMap<string, History>;

/** Lets everybody in, and waits until all hold what is there, and what is due was told, by whoever it was left to. */
export async function endChanges(storm: ChangeStorm, client: Redis): Promise<Ends> {
  const { owner, seats, rooms } = storm;
  const ends = new Map<string, History>();
  for (const { name } of rooms) {
    for (const seat of [owner, ...seats]) {
      await eventually(
        async () => {
          await settle(storm, seat);
          const view = seat.views.get(name);
          if (view?.isIn !== true) await join(storm, seat, name);
          if (view?.isIn !== true) throw new Error(`${seat.userName} is not in ${name}`);
        },
        { timeoutMs: 30_000 },
      );
    }
    const said = await eventually(
      async () => {
        const outcome = await ask(storm, owner, 'roomMessage', name, { textMessage: 'the end' });
        if (outcome === undefined || !('result' in outcome)) throw new Error(JSON.stringify(outcome));
        return Number(outcome.result);
      },
      { timeoutMs: 30_000 },
    );
    for (const seat of [owner, ...seats]) await hold(seat, name, said);
    await toldAll(storm, client, name);
    ends.set(name, await historyOf(owner.socket, name));
  }
  return ends;
}

/** Resolves when nothing is due, and everybody has heard the last change, which may have been one that changes nothing. */
async function toldAll({ owner, seats, service }: ChangeStorm, client: Redis, room: string): Promise<void> {
  const { changesDue } = new Keyspace(service.prefix).room(room);
  await eventually(
    async () => {
      if ((await client.exists(changesDue)) === 1) throw new Error(`changes of ${room} are due`);
      const { lastChange } = Object(await owner.socket.call('roomHistoryInfo', room)) as { lastChange: number };
      for (const seat of [owner, ...seats]) {
        hear(seat);
        const heard = seat.views.get(room)?.place?.lastChange ?? lastChange;
        if (heard !== lastChange) throw new Error(`${seat.userName} has heard ${heard} of ${lastChange} changes`);
      }
    },
    { timeoutMs: 30_000, what: 'everything that is due, to be told' },
  );
}

/** Resolves when a seat holds what its own node reads. */
async function hold(seat: Seat, room: string, last: number): Promise<void> {
  await eventually(
    async () => {
      const history = await historyOf(seat.socket, room);
      hear(seat);
      const view = seat.views.get(room);
      if ((view?.place?.lastMessageId ?? 0) < last) throw new Error(`${seat.userName} has not heard the end`);
      const differing = view === undefined ? [] : differences(view, history);
      if (differing.length > 0)
        throw new Error(
          `${seat.userName} of node ${seat.node} in ${room}: ${[...(view?.faults ?? []), ...differing].slice(0, 3).join('; ')}`,
        );
    },
    { timeoutMs: 20_000, what: 'what was told, to be what is read' },
  );
}

function differences(view: ChangeView, history: History): string[] {
  return [...history].flatMap(([id, message]) => {
    const held = view.messages.get(id);
    if (held === undefined) return id > view.knownAfter ? [`${id} is missing`] : [];
    return canonical(held) === canonical(message)
      ? []
      : [`holds ${canonical(held)} where ${canonical(message)} is read`];
  });
}

/** All messages of a room, by id, as they are read page by page. */
async function historyOf(by: Rpc, room: string): Promise<History> {
  const found = new Map<number, HeldMessage>();
  const { lastMessageId } = Object(await by.call('roomHistoryInfo', room)) as { lastMessageId: number };
  for (let from = 0; from < lastMessageId; from += PAGE) {
    const page = (await by.call('roomHistoryGet', room, from, PAGE)) as ValueMap[];
    for (const message of page) found.set(Number(message['id']), message);
  }
  return found;
}

interface Judged {
  /** Nothing that was acknowledged may be lost. */
  readonly isWhole: boolean;
  /** Another server has taken over: of changes before that not all need be given. */
  readonly hasFailedOver: boolean;
}

/** What cannot be, in all that was told, acknowledged and read. */
export async function judgeChanges(
  rng: Rng,
  storm: ChangeStorm,
  ends: Ends,
  { isWhole, hasFailedOver }: Judged,
): Promise<string[]> {
  const { owner, seats, rooms, book } = storm;
  const faults = [...book.faults, ...(isWhole ? book.losses : [])];
  for (const { name, isLarge } of rooms) {
    const history = ends.get(name) ?? new Map<number, HeldMessage>();
    const own = owner.views.get(name);
    for (const seat of [owner, ...seats]) {
      const view = seat.views.get(name);
      const who = `${seat.userName} (${seat.index}) in ${name}`;
      faults.push(...(view?.faults ?? []).map((fault) => `${who}: ${fault}`));
      const [whole] = own?.pieces ?? [];
      if (own?.losses === 0 && whole !== undefined) {
        faults.push(...pieceFaults(whole, view?.pieces ?? []).map((fault) => `${who}, in order: ${fault}`));
        faults.push(...barFaults(storm, seat, name).map((fault) => `${who}: ${fault}`));
      }
    }
    faults.push(...(await snapshotFaults(rng, storm, { name, history, hasFailedOver })));
    if (isWhole) {
      const heard = owner.socket
        .heard('roomMessageChanged')
        .flatMap(([room, change]) => (room === name ? [change] : []));
      faults.push(...bookFaults(book, name, history, owner.sockets > 1 ? undefined : toldTexts(heard)));
      const read = (id: number, options: ValueMap): Promise<Value> =>
        owner.socket.call('roomReactionsGet', name, id, options);
      // In a large room they are counted before they have a place in the log: until then a failover takes one unseen.
      const mayLose = hasFailedOver && isLarge;
      faults.push(...(await reactionFaults(book, name, history, { read, mayLose })));
    }
  }
  return faults;
}

interface EndOfRoom {
  readonly name: string;
  readonly history: History;
  readonly hasFailedOver: boolean;
}

/** A fresh join from earlier places gives what is there. */
async function snapshotFaults(rng: Rng, storm: ChangeStorm, end: EndOfRoom): Promise<string[]> {
  const faults: string[] = [];
  const all = storm.snapshots.get(end.name) ?? [];
  const some = rng.shuffle(all).slice(0, SNAPSHOTS);
  for (const [n, snapshot] of some.entries()) {
    const alive = storm.service.nodes.map((_, i) => i).filter((i) => !storm.dead.has(i));
    const url = storm.service.node(rng.pick(alive)).url;
    const reader = await loginRpc(storm.scope, url, `reader-${end.name}-${n}`);
    faults.push(...(await joinFaults(reader, snapshot, end)));
    reader.raw.terminate();
  }
  return faults;
}

async function joinFaults(
  reader: Rpc,
  snapshot: Snapshot,
  { name: room, history, hasFailedOver }: EndOfRoom,
): Promise<string[]> {
  const position = positionOf(snapshot);
  const [entry] = (await reader.call('roomsJoin', [{ roomName: room, ...position }])) as ValueMap[];
  const who = `a join of ${room} from ${JSON.stringify(position)}`;
  if (entry === undefined || entry['error'] !== undefined) return [`${who} gave ${JSON.stringify(entry)}`];
  const view = ChangeView.from(snapshot);
  const lost = view.joined(entry);
  if (lost.length > 0) {
    const mayBe = entry['epoch'] !== snapshot.place.epoch || (hasFailedOver && !lost.includes('messages'));
    return mayBe ? [] : [`${who} gave no ${lost.join(' and no ')}`];
  }
  const given = entry['changes'];
  if (!Array.isArray(given)) return [`${who} gave no list`];
  return [...view.faults, ...differences(view, history)].map((fault) => `${who}: ${fault}`);
}

/** Who was barred heard nothing of what was said and changed then; who was silenced did none of it. */
function barFaults({ barred, owner }: ChangeStorm, seat: Seat, room: string): string[] {
  const faults: string[] = [];
  const view = seat.views.get(room);
  const authors = new Map<number, unknown>();
  for (const [name, message] of owner.socket.heard('roomMessage')) {
    if (name === room) authors.set(Number(field(message, 'id')), field(message, 'author'));
  }
  const spans = barred.filter((span) => span.room === room);
  for (const { mark, text } of view?.pieces.flatMap(({ heard }) => heard) ?? []) {
    const told = JSON.parse(text) as ValueMap;
    const isMessage = mark.startsWith('m');
    const number = Number(mark.slice(1));
    const words =
      told['kind'] === 'recall' || told['kind'] === 'replies'
        ? undefined
        : (told['by'] ?? authors.get(Number(told['id'])));
    const actor = isMessage ? told['author'] : told['kind'] === 'reactions' ? told['by'] : words;
    for (const { userName, what, from, to } of spans) {
      const [first, last] = isMessage ? [from.id, to?.id] : [from.change, to?.change];
      if (number <= first || number > (last ?? 0)) continue;
      if (what === 'barred' && userName === seat.userName)
        faults.push(`heard ${mark}, being barred from ${first} to ${last}`);
      if (actor === userName) faults.push(`${userName} did ${mark}, being ${what} from ${first} to ${last}: ${text}`);
    }
  }
  return faults;
}
