/**
 * Messages that are kept. A send has three steps: the receiver's slot admits it and notes that something may come; the pair's log
 * takes it, which is the truth; the receiver's slot hands it to its sockets, where the rules are asked once more. Then the
 * author's other sockets are told. Where a node dies after the second step, the next message, or the receiver's look for what
 * it missed, finds what was not handed on, in its order. Where Redis does not answer after it, the node goes on by itself later.
 */
import { spreadUnits } from '../../protocol/params/cost.ts';
import { fail, messageTooLarge } from '../../protocol/errors.ts';
import { directEchoFrame, storedDirectFrame } from '../../protocol/direct.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { StoredResult } from '../../protocol/wire/stored.ts';
import type { ValueMap } from '../../protocol/values.ts';
import type { Writing } from '../../store/direct/direct-store.ts';
import type { Appended } from '../../store/pair/pair-store.ts';
import type { UserActor } from '../actor.ts';
import type { Handlers } from '../caller.ts';
import { ok, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';
import { sendLive } from './live.ts';

type Sending = Parameters<Handlers['directMessage']>[1];

const NOTHING = new Uint8Array(0);
/** How long a sender waits whose messages are more than is remembered of them. */
const CROWDED_MS = 10_000;
/** What is handed on at once of messages that were left behind. */
const GAP_PAGE = { limit: 100, bytesMax: 1 << 18 };
/** Of a conversation that is longer than so many pages the rest is found as missed. */
const GAP_PAGES_MAX = 100;

export async function sendStored(
  services: Services,
  by: UserActor,
  sending: Sending,
): Promise<Outcome<'directMessage'>> {
  const { directs, pairs, settings } = services;
  const { userName, message, options } = sending;
  const { author, rights } = by;
  const transient = options?.transient ?? false;
  const { prefix, middle, bytes } = storedDirectFrame(author, message);
  const isTooLarge = bytes > settings.limits.messageBytes;
  const admitted = await directs.admit(userName, { author, rights }, !transient && !isTooLarge);
  if (admitted !== 'ok') return fail(admitted, admitted === 'noUser' ? [userName] : []);
  const { clientMessageId } = options ?? {};
  // A transient one needs no log, but for what repeats are known by.
  if (transient && (clientMessageId ?? '') === '') return sendLive(services, by, sending);
  const post = { author, prefix: isTooLarge ? NOTHING : prefix, middle, clientMessageId, transient };
  const appended = await pairs.append(userName, post);
  if (appended === 'tooMany') return fail('tooManyRequests', [], CROWDED_MS);
  if (appended === 'messageTooLarge') return messageTooLarge(bytes, settings.limits);
  if ('passing' in appended) {
    if (appended.repeated) return ok(null);
    return sendLive(services, by, { userName, message, options: { transient: true } });
  }
  await tell(services, by, userName, appended);
  return ok(new StoredResult<ValueMap>(storedMessageIn(appended.frame)));
}

/** What was appended is sent, whatever happens here: it is told later where Redis does not answer. A repeat tells what was not told. */
async function tell(services: Services, by: UserActor, userName: string, appended: Appended): Promise<void> {
  const { audience, directs, repairs } = services;
  const { author, rights, exceptSocket } = by;
  const { frame, repeated } = appended;
  let isNew = !repeated;
  const handOn = async (): Promise<void> => {
    if (await deliver(services, userName, { author, rights }, appended)) isNew = true;
  };
  await handOn().catch((error: unknown) => repairs.retry(handOn, error));
  if (isNew)
    by.spend(spreadUnits(audience.socketsOf(userName).length + audience.socketsOf(author).length, frame.length));
  // Of a repeat that is no news the author's side may not know yet: the node of the first one may have died before.
  const echoed = { peer: userName, exceptSocket, frame: isNew ? directEchoFrame(userName, frame) : undefined };
  const echo = (): Promise<void> => directs.echo(author, echoed);
  await echo().catch((error: unknown) => repairs.retry(echo, error));
}

/**
 * Hands a message of a pair's log to the receiver, behind all messages of its author that were not handed on. Returns whether any was
 * told.
 */
export async function deliver(
  { directs, pairs }: Pick<Services, 'directs' | 'pairs'>,
  userName: string,
  writing: Writing,
  { life, repeated, ...message }: Appended,
): Promise<boolean> {
  const { number } = message;
  // Of a repeat it is only known that it is there.
  const last = {
    ...writing,
    life,
    ...(repeated ? { after: number, messages: [] } : { after: number - 1, messages: [message] }),
  };
  let told = 0;
  for (let page = 0; page < GAP_PAGES_MAX; page++) {
    const done = await directs.deliver(userName, { ...last, ending: true });
    if (done === 'noUser') return false;
    if (!done.isBehind) return told + done.told > 0;
    const gap = await pairs.readUnsent(userName, writing.author, { after: done.deliveredId, ...GAP_PAGE });
    if (gap.messages.length === 0) break;
    const filled = await directs.deliver(userName, {
      ...writing,
      life: gap.life,
      after: 0,
      messages: gap.messages,
      ending: false,
    });
    told += filled === 'noUser' ? 0 : filled.told;
  }
  // What was in between is not kept any more, or has come by another way. So has a message that is repeated: it was kept, and not
  // unsent, or it is not kept, and what is said now need not be what it said.
  const done = await directs.deliver(userName, { ...last, after: 0, ending: true });
  return told + (done === 'noUser' ? 0 : done.told) > 0;
}
