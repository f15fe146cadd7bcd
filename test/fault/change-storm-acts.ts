// What somebody does in a storm of changes: one act, drawn, of those that it may do; and what of it goes into the book.
import type { Outcome } from '../support/rpc.ts';
import type { HeldMessage } from '../support/change-view.ts';
import type { Rng } from '../support/rng.ts';
import { ask, hear, type ChangeStorm, type Seat, type Written } from './change-storm-seat.ts';

const RECENT = 12;

let words = 0;
/** Recognisable in the bytes of a key, and nowhere the beginning of another. */
const word = (rng: Rng): string => `Z${rng.integer(1e8, 9e8)}x${++words}q`;

/** What each message begins with, whatever is written into it later. */
export const wordOf = (text: unknown): string => /^Z\d+x\d+q/.exec(String(text))?.[0] ?? '';

export const reactionKey = (...parts: readonly [room: string, id: number, user: string, key: string]): string =>
  JSON.stringify(parts);

const isDone = (outcome: Outcome | undefined): boolean => outcome !== undefined && 'result' in outcome;

export async function act(rng: Rng, storm: ChangeStorm, seat: Seat, room: string): Promise<void> {
  hear(seat);
  const held = [...(seat.views.get(room)?.messages.values() ?? [])].filter((one) => one['recalled'] !== true);
  const recent = held.slice(-RECENT);
  const own = recent.filter(({ author }) => author === seat.userName);
  const isOwner = seat === storm.owner;
  const draw = rng.next();
  const drawn = (list: readonly HeldMessage[]): HeldMessage | undefined =>
    list.length > 0 ? rng.pick(list) : undefined;
  // What is written piece by piece is not given other words.
  const mine = drawn(own.filter((one) => one['kind'] !== 'written'));
  const one = drawn(recent);
  if (seat.writing !== undefined && draw < 0.35) return write(rng, storm, seat, seat.writing);
  if (draw < 0.5 || one === undefined) return post(rng, storm, seat, room, recent);
  if (draw < 0.75) return react(rng, storm, seat, room, one);
  if (draw < 0.92 && mine !== undefined) return update(rng, storm, seat, room, mine);
  const victim = isOwner ? one : drawn(own);
  if (draw >= 0.92 && victim !== undefined) await recall(storm, seat, room, Number(victim['id']));
}

async function post(
  rng: Rng,
  storm: ChangeStorm,
  seat: Seat,
  room: string,
  recent: readonly HeldMessage[],
): Promise<void> {
  const begins = seat.writing === undefined && rng.chance(0.3);
  const text = word(rng);
  const posted = { room, userName: seat.userName, id: undefined as number | undefined };
  storm.book.posts.set(text, posted);
  const parent = recent.length > 0 && rng.chance(0.25) ? { replyTo: Number(rng.pick(recent)['id']) } : {};
  const kind = begins ? { kind: 'written', done: false } : { kind: 'plain' };
  const outcome = await ask(storm, seat, 'roomMessage', room, { textMessage: text, ...kind, ...parent });
  if (outcome === undefined || !('result' in outcome)) return;
  posted.id = Number(outcome.result);
  if (!begins) return;
  seat.writing = { room, id: posted.id, text, open: undefined, isDone: false };
  storm.book.written.push(seat.writing);
}

/** Appends what was not answered again, or something new; now and then twice. */
async function write(rng: Rng, storm: ChangeStorm, seat: Seat, written: Written): Promise<void> {
  const { room, id, text } = written;
  const wasOpen = written.open !== undefined;
  const piece = written.open ?? `+${wordOf(text).slice(-6)}é${rng.integer(10, 99)}`;
  const done = rng.chance(0.1);
  written.open = piece;
  const call = ['roomMessageAppend', room, id, piece, { offset: Buffer.byteLength(text), done }] as const;
  const repeated = rng.chance(0.3) ? ask(storm, seat, ...call) : undefined;
  const outcome = await ask(storm, seat, ...call);
  const other = await repeated;
  const isThere = [outcome, other].some(isDone);
  const isOpen = outcome === undefined || (repeated !== undefined && other === undefined);
  if (isThere) {
    written.text += piece;
    written.open = undefined;
    if (done) written.isDone = true;
    for (const one of [outcome, other]) {
      if (one === undefined || !('result' in one)) continue;
      const length = Number(Object(one.result).length);
      if (length < Buffer.byteLength(written.text))
        storm.book.losses.push(`append to ${id} of ${room}: length ${length}`);
    }
  } else if (!isOpen && outcome !== undefined && 'error' in outcome) {
    if (outcome.error.code === 'wrongOffset')
      storm.book.losses.push(
        `append to ${id} of ${room} at ${Buffer.byteLength(text)}: ${JSON.stringify(outcome.error)}`,
      );
    // An earlier try may be there, or come; this one is not.
    if (!wasOpen) written.open = undefined;
    if (outcome.error.code === 'noMessage') written.isDone = true;
  }
  if (written.isDone || (done && isOpen)) seat.writing = undefined;
}

async function update(rng: Rng, storm: ChangeStorm, seat: Seat, room: string, message: HeldMessage): Promise<void> {
  const id = Number(message['id']);
  const text = `${wordOf(message['textMessage'])}u${++words}.`;
  const version = Number(message['version'] ?? 1);
  const options = rng.chance(0.4) ? { ifVersion: version } : {};
  const entry = { room, id, text, version: undefined as number | undefined };
  storm.book.updates.push(entry);
  const outcome = await ask(storm, seat, 'roomMessageUpdate', room, id, { textMessage: text, kind: 'plain' }, options);
  if (outcome === undefined || !('result' in outcome)) return;
  entry.version = Number(Object(outcome.result).version);
  if ('ifVersion' in options && entry.version !== version + 1) {
    storm.book.losses.push(`${id} of ${room} was of version ${version}, and is updated to ${entry.version}`);
  }
}

async function recall(storm: ChangeStorm, seat: Seat, room: string, id: number): Promise<void> {
  const outcome = await ask(storm, seat, 'roomMessageRecall', room, id, { reason: 'whatever' });
  if (outcome !== undefined && 'result' in outcome) storm.book.recalls.push({ room, id });
}

/** With keys that no other socket of the user has: so what it does with them has one order. */
async function react(rng: Rng, storm: ChangeStorm, seat: Seat, room: string, message: HeldMessage): Promise<void> {
  const id = Number(message['id']);
  const key = `${rng.pick(['+', '♥'])}${seat.index}.${seat.sockets}`;
  const remove = rng.chance(0.4);
  const place = reactionKey(room, id, seat.userName, key);
  const before = storm.book.reactions.get(place) ?? 'gone';
  storm.book.reactions.set(place, 'either');
  const outcome = await ask(storm, seat, 'roomMessageReact', room, id, key, { remove });
  if (outcome === undefined) return;
  if (!('result' in outcome)) return void storm.book.reactions.set(place, before);
  storm.book.reactions.set(place, remove ? 'gone' : 'there');
  const counted = Number(Object(Object(outcome.result).counts)[key] ?? 0);
  if (counted !== (remove ? 0 : 1)) storm.book.losses.push(`a reaction to ${id} of ${room} is counted ${counted}`);
}
