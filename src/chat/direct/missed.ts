/**
 * What a user has missed: messages of others that no socket of it has had, asked for or pushed at a login. The user's slot says of
 * whom there may be any, each pair's log which; what is given is marked as sent once it is known how much of it fits.
 */
import { missedMessagesFrame, storedDirectIn, withStatus, type directRequests } from '../../protocol/direct.ts';
import { failBecause } from '../../protocol/errors.ts';
import type { ValueMap } from '../../protocol/values.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { StoredResult, type StoredValue } from '../../protocol/wire/stored.ts';
import type { Format } from '../../protocol/wire/codec.ts';
import type { HandlersOf } from '../caller.ts';
import { ok } from '../outcome.ts';
import type { Services } from '../services.ts';
import type { Heard } from './arrivals.ts';

/** Of one author. */
const LIMIT = 100;
/** Partners that are looked at for one answer, once it has something. */
const LOOKED_MAX = 200;
/** What a name and the heads around it take. */
const NAME_BYTES = 16;

export interface Missed {
  readonly messages: { readonly [userName: string]: readonly StoredValue[] };
  readonly heard: readonly Heard[];
  /** There may be more. */
  readonly more: boolean;
}

export type MissedDeps = Pick<Services, 'directs' | 'pairs' | 'settings'>;

export function missedHandlers(services: Services): Pick<HandlersOf<typeof directRequests>, 'missedMessagesGet'> {
  const { settings, receipts } = services;
  return {
    async missedMessagesGet(by) {
      if (settings.directMessages !== 'stored') return failBecause('notAllowed', [], 'no direct messages are kept');
      const { messages, heard } = await readMissed(services, by.author, by.format);
      await Promise.all(heard.map(({ author, first, last }) => receipts.come(by, author, { first, last })));
      return ok(new StoredResult<Record<string, ValueMap[]>>(messages));
    },
  };
}

/** The same as a notification; undefined where nothing was missed, or nothing is kept. */
export async function missedAtLogin(
  deps: MissedDeps,
  userName: string,
): Promise<(Pick<Missed, 'heard'> & { readonly frame: Uint8Array }) | undefined> {
  if (deps.settings.directMessages !== 'stored') return undefined;
  // As JSON, which is the longer one: its socket may speak either.
  const { messages, heard, more } = await readMissed(deps, userName, 'json');
  return heard.length === 0 ? undefined : { frame: missedMessagesFrame(messages, more), heard };
}

export async function readMissed(
  { directs, pairs, settings }: MissedDeps,
  userName: string,
  format: Format,
): Promise<Missed> {
  const messages: Record<string, StoredValue[]> = {};
  const heard: Heard[] = [];
  let [left, looked, more] = [settings.replyBytes, 0, false];
  for await (const peer of directs.missedPeers(userName)) {
    if (peer in messages) continue;
    if (heard.length > 0 && (left <= 0 || looked >= LOOKED_MAX)) {
      more = true;
      break;
    }
    looked++;
    const unsent = await pairs.readUnsent(userName, peer, { after: 0, limit: LIMIT, bytesMax: Math.max(1, left) });
    const found = unsent.messages;
    if (found.length === 0) {
      // What is missing has come meanwhile, or is not kept any more.
      await directs.settle(userName, { peer, number: unsent.newest, exceptSocket: undefined, frame: undefined });
      continue;
    }
    left -= Buffer.byteLength(peer) + NAME_BYTES;
    const given: StoredValue[] = [];
    for (const { frame } of found) {
      const message = withStatus(storedMessageIn(frame), 'not_sent');
      const size = message.size(format);
      if (size > left && (given.length > 0 || heard.length > 0)) break;
      left -= size;
      given.push(message);
    }
    if (given.length < found.length || found.length === LIMIT) more = true;
    const [first, last] = [found[0], found[given.length - 1]];
    if (first === undefined || last === undefined) break;
    messages[peer] = given;
    heard.push({ author: peer, first: first.id, last: last.id });
  }
  return { messages, heard, more };
}

/** Whether a notice is of a message that was pushed. */
export function wasPushed(heard: readonly Heard[], frame: Uint8Array): boolean {
  const message = heard.length === 0 ? undefined : storedDirectIn(frame);
  return message !== undefined && heard.some(({ author, last }) => author === message.author && message.id <= last);
}
