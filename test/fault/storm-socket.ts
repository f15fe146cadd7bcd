// A socket of a storm: what it has asked for and when, beside what it was told, so that its story of a room can be read
// afterwards; and that story as text, for whoever has to find out what went wrong.
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import type { Scope } from '../support/disposal.ts';
import { loginRpc, type Call, type Entry, type Outcome, type User } from '../support/rpc.ts';

export interface Asked {
  readonly call: Call;
  readonly sentMs: number;
  /** How much had been received when it was sent. */
  readonly at: number;
  answeredMs: number;
}

export interface StormSocket extends User {
  readonly synced: boolean;
  readonly node: number;
  readonly openedMs: number;
  /** Of every request so far, answered or not. */
  readonly asked: readonly Asked[];
  isClosed(): boolean;
  /** Once it is closed. */
  closeCode(): number | undefined;
  /** Requests in one frame; undefined for those that are not answered, the socket having closed. */
  ask(...calls: Call[]): Promise<(Outcome | undefined)[]>;
  /** What was asked for an answer. */
  askedFor(entry: Entry): Asked | undefined;
}

export async function openSocket(
  scope: Scope,
  url: string,
  who: { userName: string; node: number; synced: boolean; credentials?: ValueMap },
): Promise<StormSocket> {
  const { userName, node, synced, credentials } = who;
  const user = await loginRpc(scope, url, userName, { credentials: { userName, enableSync: synced, ...credentials } });
  const asked: Asked[] = [];
  const byOutcome = new Map<Outcome, Asked>();
  let closeCode: number | undefined;
  void user.raw.closed.then(({ code }) => (closeCode = code));
  const ask = async (...calls: Call[]): Promise<(Outcome | undefined)[]> => {
    const sentMs = performance.now();
    const records = calls.map((call): Asked => ({ call, sentMs, at: user.received.length, answeredMs: Infinity }));
    asked.push(...records);
    return Promise.all(
      user.callAll(...calls).map(async (answer, i) => {
        const outcome = await answer.catch(() => undefined);
        const record = records[i];
        if (outcome === undefined || record === undefined) return undefined;
        record.answeredMs = performance.now();
        byOutcome.set(outcome, record);
        return outcome;
      }),
    );
  };
  return Object.assign(user, {
    synced,
    node,
    openedMs: performance.now(),
    asked,
    isClosed: () => closeCode !== undefined,
    closeCode: () => closeCode,
    ask,
    askedFor: (entry: Entry) => ('outcome' in entry ? byOutcome.get(entry.outcome) : undefined),
  });
}

/** The room that a request is about; of `roomsJoin` the only one that a storm names. */
export function roomOfCall([, first]: Call): string {
  return Array.isArray(first) ? textOf(field(first[0], 'roomName')) : textOf(first);
}

/** The room that a notification, or the answer to a request, is about. */
export function roomOf(entry: Entry, call: Call | undefined): string {
  if (!('name' in entry)) return call === undefined ? '' : roomOfCall(call);
  const [first] = entry.params;
  return entry.name.startsWith('$.') ? textOf(field(field(first, 'chat'), 'name')) : textOf(first);
}

/** What a socket was told of a room around an entry, messages as ranges of ids, the entry marked. */
export function excerpt(socket: StormSocket, room: string, around: number): string {
  const lines: { text: string; at: number }[] = [];
  const asked = socket.asked.filter(({ call }) => roomOfCall(call) === room);
  const askedAt = (at: number): void => {
    for (const { call } of asked.filter((one) => one.at === at)) lines.push({ text: `(asks ${call[0]})`, at: -1 });
  };
  for (const [at, entry] of socket.received.entries()) {
    askedAt(at);
    if (roomOf(entry, socket.askedFor(entry)?.call) === room) lines.push({ text: lineOf(entry), at });
  }
  askedAt(socket.received.length);
  const merged = merge(lines, around);
  const marked = merged.findIndex(({ text }) => text.startsWith('▶'));
  const from = Math.max(0, (marked < 0 ? merged.length : marked) - 16);
  return merged
    .slice(from, from + 24)
    .map(({ text }) => text)
    .join(' | ');
}

function lineOf(entry: Entry): string {
  if (!('name' in entry))
    return `${entry.method} = ${JSON.stringify('result' in entry.outcome ? entry.outcome.result : entry.outcome.error.code)}`;
  const id = field(entry.params[1], 'id');
  if (entry.name === 'roomMessage' && typeof id === 'number') return `#${id}`;
  return entry.name.startsWith('$.')
    ? entry.name
    : `${entry.name} ${JSON.stringify(entry.params.slice(1))}`.slice(0, 90);
}

/** Messages one after another as one line, but for the one that is marked. */
function merge(lines: readonly { text: string; at: number }[], around: number): { text: string }[] {
  const merged: { text: string; first: number; last: number }[] = [];
  for (const { text, at } of lines) {
    const id = /^#(\d+)$/.exec(text)?.[1];
    const before = merged.at(-1);
    if (at === around) merged.push({ text: `▶ ${text}`, first: -1, last: -1 });
    else if (id !== undefined && before !== undefined && before.last === Number(id) - 1 && before.first >= 0) {
      before.last = Number(id);
      before.text = `#${before.first}–${before.last}`;
    } else {
      const number = id === undefined ? -1 : Number(id);
      merged.push({ text, first: number, last: number });
    }
  }
  return merged;
}
