// The end of a storm of changes: everybody is let in and hears what is left; then what was told, what was acknowledged, what each node
// reads, what a join gives from earlier places and what Redis keeps are held against each other.
import type { Redis } from 'ioredis';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import {
  canonical,
  ChangeView,
  pieceFaults,
  positionOf,
  type HeldMessage,
  type Snapshot,
} from '../support/change-view.ts';
import { eventually } from '../support/eventually.ts';
import type { Rng } from '../support/rng.ts';
import { loginRpc, type Rpc } from '../support/rpc.ts';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { keysWith } from '../store/erase-actions.ts';
import { wordOf } from './change-storm-acts.ts';
import { ask, hear, join, settle, type ChangeStorm, type Seat } from './change-storm-seat.ts';

const PAGE = 50;
const SNAPSHOTS = 6;

type History = ReadonlyMap<number, HeldMessage>;

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
  for (const { name } of rooms) {
    const history = ends.get(name) ?? new Map<number, HeldMessage>();
    const own = owner.views.get(name);
    for (const seat of [owner, ...seats]) {
      const view = seat.views.get(name);
      const who = `${seat.userName} (${seat.index}) in ${name}`;
      faults.push(...(view?.faults ?? []).map((fault) => `${who}: ${fault}`));
      const [whole] = own?.pieces ?? [];
      if (own?.resets === 0 && whole !== undefined) {
        faults.push(...pieceFaults(whole, view?.pieces ?? []).map((fault) => `${who}, in order: ${fault}`));
        faults.push(...barFaults(storm, seat, name).map((fault) => `${who}: ${fault}`));
      }
    }
    faults.push(...(await snapshotFaults(rng, storm, { name, history, hasFailedOver })));
    if (isWhole) {
      const claims = [...postFaults, ...changeFaults].flatMap((judge) => judge(storm, name, history));
      faults.push(...claims, ...(await reactionFaults(storm, name, history)));
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

/** What was posted is there once, by whom it was posted, or was recalled. */
const postFaults = [
  ({ book }: ChangeStorm, room: string, history: History): string[] => {
    const ids = new Map(
      [...history].flatMap(([id, one]) => (one['recalled'] === true ? [] : [[wordOf(one['textMessage']), id]])),
    );
    return [...book.posts].flatMap(([text, post]) => {
      const { id, userName } = post;
      if (post.room !== room) return [];
      const at = ids.get(text);
      if (id === undefined) return [];
      const message = history.get(id);
      if (message?.['author'] !== userName) return [`${id} of ${room} is not by ${userName}`];
      return at === id || message['recalled'] === true ? [] : [`${text} is ${id} of ${room}, and ${at} is there`];
    });
  },
];

/** What was changed, and acknowledged. */
const changeFaults = [
  function updates({ book, owner }: ChangeStorm, room: string, history: History): string[] {
    const told = new Map<string, number[]>();
    for (const [, change] of owner.socket.heard('roomMessageChanged').filter(([name]) => name === room)) {
      if (field(change, 'kind') !== 'update') continue;
      const text = textOf(field(field(change, 'message'), 'textMessage'));
      told.set(text, [...(told.get(text) ?? []), Number(field(change, 'version'))]);
    }
    if (owner.sockets > 1) return [];
    return book.updates.flatMap(({ id, text, version, ...update }) => {
      const versions = told.get(text) ?? [];
      if (update.room !== room || (version === undefined && versions.length < 2)) return [];
      const isGone = history.get(id)?.['recalled'] === true && versions.length === 0;
      return isGone || versions.join() === String(version)
        ? []
        : [`${text} of ${room}: ${version}, told as ${versions.join()}`];
    });
  },
  function recalls({ book }: ChangeStorm, room: string, history: History): string[] {
    return book.recalls.flatMap(({ id, ...recall }) =>
      recall.room === room && history.get(id)?.['recalled'] !== true
        ? [`${id} of ${room} was recalled, and is there`]
        : [],
    );
  },
  function texts({ book }: ChangeStorm, room: string, history: History): string[] {
    return book.written.flatMap(({ id, text, open = '', isDone, ...written }) => {
      const message = history.get(id);
      if (written.room !== room || message?.['recalled'] === true) return [];
      const now = message?.['textMessage'];
      if (now !== text && now !== text + open)
        return [`${id} of ${room} is ${JSON.stringify(now)}, not ${text} ${open}`];
      return isDone && message?.['done'] !== true ? [`${id} of ${room} is not done`] : [];
    });
  },
];

async function reactionFaults({ book, owner }: ChangeStorm, room: string, history: History): Promise<string[]> {
  const faults: string[] = [];
  for (const [id, message] of history) {
    if (message['recalled'] === true) continue;
    const given = new Set<string>();
    const counts: Record<string, number> = {};
    let cursor: Value | undefined = null;
    do {
      const page: Value = await owner.socket.call(
        'roomReactionsGet',
        room,
        id,
        cursor === null ? { limit: 7 } : { limit: 7, cursor },
      );
      for (const one of field(page, 'reactions') as ValueMap[]) {
        const key = textOf(one['key']);
        given.add(JSON.stringify([room, id, one['userName'], key]));
        counts[key] = (counts[key] ?? 0) + 1;
      }
      const next = field(page, 'cursor') ?? null;
      if (next !== null && next === cursor) return [`the pages of reactions to ${id} of ${room} do not end`];
      cursor = next;
    } while (cursor !== null);
    if (canonical(counts) !== canonical(message['reactions'] ?? {})) {
      faults.push(`${id} of ${room} counts ${canonical(message['reactions'])} of ${canonical(counts)}`);
    }
    for (const [place, state] of book.reactions) {
      const [at, of] = JSON.parse(place) as [string, number];
      if (at !== room || of !== id || state === 'either') continue;
      if (given.has(place) !== (state === 'there')) faults.push(`reaction ${place} is to be ${state}`);
    }
    for (const place of given) if (!book.reactions.has(place)) faults.push(`nobody has made ${place}`);
  }
  return faults;
}

/** Who was barred heard nothing of what was said and changed then; who was silenced did none of it. */
function barFaults({ book, owner }: ChangeStorm, seat: Seat, room: string): string[] {
  const faults: string[] = [];
  const view = seat.views.get(room);
  const authors = new Map<number, unknown>();
  for (const [name, message] of owner.socket.heard('roomMessage')) {
    if (name === room) authors.set(Number(field(message, 'id')), field(message, 'author'));
  }
  const spans = book.barred.filter((span) => span.room === room);
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

/** Of what was recalled no word is left, in no key. */
export async function expectNoWords({ book, service }: ChangeStorm, ends: Ends, client: Redis): Promise<number> {
  const ids = new Set(
    [...ends].flatMap(([room, history]) =>
      [...history].flatMap(([id, one]) => (one['recalled'] === true ? [`${room} ${id}`] : [])),
    ),
  );
  const words = [...book.posts].flatMap(([text, { room, id }]) => (ids.has(`${room} ${id}`) ? [text] : []));
  await eventually(
    async () => {
      const keys = await keysWith(client, service.prefix, words);
      if (keys.length > 0) throw new Error(keys.join());
    },
    { timeoutMs: 20_000, what: 'the words of what was recalled, to be gone' },
  );
  return words.length;
}
