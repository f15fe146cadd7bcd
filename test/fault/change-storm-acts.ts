// What somebody does in a storm of changes: one act, drawn, of those that it may do; and what of it goes into the book.
import type { Outcome } from '../support/rpc.ts';
import type { HeldMessage } from '../support/held-messages.ts';
import type { Rng } from '../support/rng.ts';
import { field } from '../chat/world.ts';
import { reactionKey, wordOf, type Written } from './change-book.ts';
import { ask, type Actor, type StormGround } from './storm-actor.ts';

type Acts = Pick<StormGround, 'book'>;

const RECENT = 12;

let words = 0;
/** Recognisable in the bytes of a key, and nowhere the beginning of another. */
const word = (rng: Rng): string => `Z${rng.integer(1e8, 9e8)}x${++words}q`;

const isDone = (outcome: Outcome | undefined): boolean => outcome !== undefined && 'result' in outcome;

/** Where an actor acts. */
export interface Where {
  /** The request that posts; those that change begin with it. */
  readonly method: 'roomMessage' | 'directMessage';
  /** What the requests name first: the room, or the other user. */
  readonly target: string;
  /** What the book calls it. */
  readonly place: string;
  /** What the actor holds there. */
  readonly messages: ReadonlyMap<number, HeldMessage>;
  /** It may recall what others have said. */
  readonly mayRecall: boolean;
  /** It acts now and then on what it has not heard of yet, as who has read it does: on a message that is still on its way. */
  readonly guesses?: boolean;
}

export async function act(rng: Rng, storm: Acts, seat: Actor, where: Where): Promise<void> {
  const held = [...where.messages.values()].filter((one) => one['recalled'] !== true);
  const recent = held.slice(-RECENT);
  const own = recent.filter(({ author }) => author === seat.userName);
  if (where.guesses === true && rng.chance(0.2)) return guess(rng, storm, seat, where);
  const draw = rng.next();
  const drawn = (list: readonly HeldMessage[]): HeldMessage | undefined =>
    list.length > 0 ? rng.pick(list) : undefined;
  // What is written piece by piece is not given other words.
  const mine = drawn(own.filter((one) => one['kind'] !== 'written'));
  const one = drawn(recent);
  if (seat.writing !== undefined && draw < 0.35) return write(rng, storm, seat, where.method, seat.writing);
  if (draw < 0.5 || one === undefined) return post(rng, storm, seat, where, recent);
  if (draw < 0.75) return react(rng, storm, seat, where, one);
  if (draw < 0.92 && mine !== undefined) return update(rng, storm, seat, where, mine);
  const victim = where.mayRecall ? one : drawn(own);
  if (draw >= 0.92 && victim !== undefined) await recall(storm, seat, where, Number(victim['id']));
}

async function post(rng: Rng, storm: Acts, seat: Actor, where: Where, recent: readonly HeldMessage[]): Promise<void> {
  const begins = seat.writing === undefined && rng.chance(0.3);
  const text = word(rng);
  const { place, method, target } = where;
  const { userName, index, node } = seat;
  const posted = { place, userName, index, node, id: undefined as number | undefined };
  storm.book.posts.set(text, posted);
  const parent = recent.length > 0 && rng.chance(0.25) ? { replyTo: Number(rng.pick(recent)['id']) } : {};
  const kind = begins ? { kind: 'written', done: false } : { kind: 'plain' };
  const outcome = await ask(storm, seat, method, target, { textMessage: text, ...kind, ...parent });
  if (outcome === undefined || !('result' in outcome)) return;
  // Of a direct message the whole is given.
  const id = Number(field(outcome.result, 'id') ?? outcome.result);
  posted.id = id;
  if (!begins) return;
  seat.writing = { place, target, id, text, open: undefined, isDone: false };
  storm.book.written.push(seat.writing);
}

/** Appends what was not answered again, or something new; now and then twice. */
async function write(rng: Rng, storm: Acts, seat: Actor, method: Where['method'], written: Written): Promise<void> {
  const { place, target, id, text } = written;
  const wasOpen = written.open !== undefined;
  const piece = written.open ?? `+${wordOf(text).slice(-6)}é${rng.integer(10, 99)}`;
  const done = rng.chance(0.1);
  written.open = piece;
  const call = [`${method}Append`, target, id, piece, { offset: Buffer.byteLength(text), done }] as const;
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
        storm.book.losses.push(`append to ${id} of ${place}: length ${length}`);
    }
  } else if (!isOpen && outcome !== undefined && 'error' in outcome) {
    if (outcome.error.code === 'wrongOffset')
      storm.book.losses.push(
        `append to ${id} of ${place} at ${Buffer.byteLength(text)}: ${JSON.stringify(outcome.error)}`,
      );
    // An earlier try may be there, or come; this one is not.
    if (!wasOpen) written.open = undefined;
    if (outcome.error.code === 'noMessage') written.isDone = true;
  }
  if (written.isDone || (done && isOpen)) seat.writing = undefined;
}

async function update(rng: Rng, storm: Acts, seat: Actor, where: Where, message: HeldMessage): Promise<void> {
  const { place, method, target } = where;
  const id = Number(message['id']);
  const text = `${wordOf(message['textMessage'])}u${++words}.`;
  const version = Number(message['version'] ?? 1);
  const options = rng.chance(0.4) ? { ifVersion: version } : {};
  const entry = { place, id, text, version: undefined as number | undefined };
  storm.book.updates.push(entry);
  const outcome = await ask(storm, seat, `${method}Update`, target, id, { textMessage: text, kind: 'plain' }, options);
  if (outcome === undefined || !('result' in outcome)) return;
  entry.version = Number(Object(outcome.result).version);
  if ('ifVersion' in options && entry.version !== version + 1) {
    storm.book.losses.push(`${id} of ${place} was of version ${version}, and is updated to ${entry.version}`);
  }
}

async function guess(rng: Rng, storm: Acts, seat: Actor, where: Where): Promise<void> {
  const id = Math.max(0, ...where.messages.keys()) + rng.integer(1, 2);
  return rng.chance(0.5) ? react(rng, storm, seat, where, { id }) : recall(storm, seat, where, id);
}

async function recall(storm: Acts, seat: Actor, where: Where, id: number): Promise<void> {
  const { place, method, target } = where;
  const outcome = await ask(storm, seat, `${method}Recall`, target, id, { reason: 'whatever' });
  if (outcome !== undefined && 'result' in outcome) storm.book.recalls.push({ place, id });
}

/** With keys that no other socket of the user has: so what it does with them has one order. */
async function react(rng: Rng, storm: Acts, seat: Actor, where: Where, message: HeldMessage): Promise<void> {
  const { place, method, target } = where;
  const id = Number(message['id']);
  const key = `${rng.pick(['+', '♥'])}${seat.index}.${seat.sockets}`;
  const remove = rng.chance(0.4);
  const known = reactionKey(place, id, seat.userName, key);
  const before = storm.book.reactions.get(known) ?? 'gone';
  storm.book.reactions.set(known, 'either');
  const outcome = await ask(storm, seat, `${method}React`, target, id, key, { remove });
  if (outcome === undefined) return;
  if (!('result' in outcome)) return void storm.book.reactions.set(known, before);
  storm.book.reactions.set(known, remove ? 'gone' : 'there');
  const counted = Number(Object(Object(outcome.result).counts)[key] ?? 0);
  if (counted !== (remove ? 0 : 1)) storm.book.losses.push(`a reaction to ${id} of ${place} is counted ${counted}`);
}
