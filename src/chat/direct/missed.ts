/**
 * What a user has missed: messages of others that no socket of it has had, asked for or pushed at a login. The user's slot says of
 * whom there may be any, each pair's log which; what is given is marked as sent once it is known how much of it fits.
 */
import { missedMessagesFrame, storedDirectIn, withStatus, type directRequests } from '../../protocol/direct.ts';
import { failBecause } from '../../protocol/errors/errors.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { StoredResult, type StoredValue } from '../../protocol/wire/stored.ts';
import type { Format } from '../../protocol/wire/codec.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { DirectStore } from '../../store/direct/direct-store.ts';
import type { PairStore } from '../../store/pair/pair-store.ts';
import type { HandlersOf } from '../caller.ts';
import { ok } from '../outcome.ts';
import { nowOrLater, type Repairs } from '../repair/repairs.ts';
import type { Services } from '../services.ts';
import type { Heard } from './arrivals.ts';

/** Of one author. */
const LIMIT = 100;
/** Partners that are looked at for one push, and for one answer once it has something. */
const LOOKED_MAX = 200;
/** What a name and the heads around it take. */
const NAME_BYTES = 16;

export interface Missed {
  readonly messages: { readonly [userName: string]: readonly StoredValue[] };
  readonly heard: readonly Heard[];
  /** There may be more. */
  readonly more: boolean;
}

export interface MissedDeps {
  readonly directs: Pick<DirectStore, 'missedPeers' | 'settle'>;
  readonly pairs: Pick<PairStore, 'readUnsent'>;
  readonly repairs: Pick<Repairs, 'retry'>;
  readonly settings: Pick<Services['settings'], 'directMessages' | 'replyBytes'>;
}

export function missedHandlers(services: Services): Pick<HandlersOf<typeof directRequests>, 'missedMessagesGet'> {
  const { settings, receipts } = services;
  return {
    async missedMessagesGet(by) {
      if (settings.directMessages !== 'stored') return failBecause('notAllowed', [], 'no direct messages are kept');
      const { messages, heard } = await readMissed(services, by.author, { format: by.format });
      // From here on it is given: a mark that fails takes nothing of it away.
      await Promise.all(heard.map(({ author, first, last }) => receipts.given(by, author, { first, last })));
      return ok(new StoredResult<Record<string, ValueMap[]>>(messages));
    },
  };
}

/** Of what, and how much of it. */
export interface MissedWish {
  readonly format: Format;
  /** Partners that are looked at where nothing is found: an empty answer says that there is nothing. */
  readonly emptyMax?: number;
  /** Only what the user's inbox never had: what a node that died left in the log of a pair. */
  readonly isInboxTold?: boolean;
}

/**
 * The same as a notification, of what the inbox has not told where that is told whole; undefined where nothing was missed, or nothing is kept. Where a pair cannot be asked it says only that
 * there may be something: no login fails for that.
 */
export async function missedAtLogin(
  deps: MissedDeps,
  userName: string,
  isInboxTold = false,
): Promise<(Pick<Missed, 'heard'> & { readonly frame: Uint8Array }) | undefined> {
  if (deps.settings.directMessages !== 'stored') return undefined;
  // As JSON, which is the longer one: its socket may speak either.
  const wish = { format: 'json', emptyMax: LOOKED_MAX, isInboxTold } as const;
  const { messages, heard, more } = await readMissed(deps, userName, wish).catch((error: unknown) => {
    if (error instanceof StateUnavailable) return { messages: {}, heard: [], more: true };
    throw error;
  });
  return heard.length === 0 && !more ? undefined : { frame: missedMessagesFrame(messages, more), heard };
}

export async function readMissed(
  { directs, pairs, repairs, settings }: MissedDeps,
  userName: string,
  { format, emptyMax = Infinity, isInboxTold = false }: MissedWish,
): Promise<Missed> {
  const messages = new Map<string, StoredValue[]>();
  const heard: Heard[] = [];
  let [left, looked, more] = [settings.replyBytes, 0, false];
  for await (const { peer, handedOn, isUnderWay } of directs.missedPeers(userName)) {
    if (messages.has(peer) || (isInboxTold && !isUnderWay)) continue;
    if (heard.length > 0 ? left <= 0 || looked >= LOOKED_MAX : looked >= emptyMax) {
      more = true;
      break;
    }
    looked++;
    const unsent = await pairs.readUnsent(userName, peer, { after: 0, limit: LIMIT, bytesMax: Math.max(1, left) });
    const found = isInboxTold ? unsent.messages.filter(({ number: n }) => n > handedOn) : unsent.messages;
    if (unsent.messages.length === 0) {
      // What is missing has come meanwhile, or is not kept any more.
      const { newest } = unsent;
      const had = { peer, number: newest, newest, exceptSocket: undefined, frame: undefined };
      const settle = (): Promise<void> => directs.settle(userName, had);
      await nowOrLater(repairs, settle);
      continue;
    }
    if (found.length === 0) continue;
    left -= Buffer.byteLength(peer) + NAME_BYTES;
    const given: StoredValue[] = [];
    for (const { frame } of found) {
      const message = withStatus(storedMessageIn(frame), 'not_sent');
      const size = message.size(format);
      if (size > left && (given.length > 0 || heard.length > 0)) break;
      left -= size;
      given.push(message);
    }
    const [first, last] = [found[0], found[given.length - 1]];
    if (first === undefined || last === undefined) {
      more = true;
      break;
    }
    if (last.number < unsent.newest) more = true;
    messages.set(peer, given);
    heard.push({ author: peer, first: first.id, last: last.id });
  }
  return { messages: Object.fromEntries(messages), heard, more };
}

/** Whether a notice is of a message that was pushed. */
export function wasPushed(heard: readonly Heard[], frame: Uint8Array): boolean {
  const message = heard.length === 0 ? undefined : storedDirectIn(frame);
  return message !== undefined && heard.some(({ author, last }) => author === message.author && message.id <= last);
}
