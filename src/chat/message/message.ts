/** Posting to a room: one encode here, one script in Redis, and the frame goes out on every node as it is. */
import { nonceOf } from '../../log/event.ts';
import { spreadUnits } from '../../protocol/params/cost.ts';
import { fail, messageTooLarge } from '../../protocol/errors.ts';
import type { Args } from '../../protocol/catalogue.ts';
import { roomMessageFrame, type messageRequests } from '../../protocol/message.ts';
import { roomTopic } from '../../redis/keys.ts';
import { newNonce } from '../../redis/tokens.ts';
import type { Actor } from '../actor.ts';
import type { HandlersOf } from '../caller.ts';
import { ok, UnderWay, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';

const NOTHING = new Uint8Array(0);

/** How long an author waits who sends more with a `clientMessageId` than is remembered. */
const CROWDED_MS = 10_000;

export function messageHandlers(services: Services): HandlersOf<typeof messageRequests> {
  return {
    // It has its place among the room's posts as soon as it is called.
    roomMessage: (by, args) => new UnderWay(post(services, by, args)),
  };
}

async function post(
  { messages, topics, quotas, settings, audience }: Services,
  by: Actor,
  { roomName, message, options }: Args<'roomMessage'>,
): Promise<Outcome<'roomMessage'>> {
  const transient = options?.transient ?? false;
  const { prefix, middle, bytes } = roomMessageFrame(roomName, by.author, message, transient);
  const tooLarge = bytes > settings.limits.messageBytes;
  const nonce = newNonce();
  const topic = roomTopic(roomName);
  // A transient message has no place in the log to wait for: it is known by its nonce.
  const passing = transient ? topics.expect(topic, nonceOf(nonce, 0)) : undefined;
  const posted = await messages
    .post(roomName, by.rights, {
      author: by.author,
      prefix: tooLarge ? NOTHING : prefix,
      middle,
      nonce,
      clientMessageId: options?.clientMessageId,
      transient,
    })
    .catch((error: unknown) => {
      passing?.cancel();
      throw error;
    });
  if (typeof posted === 'string' || posted.repeated) passing?.cancel();
  if (posted === 'messageTooLarge') return messageTooLarge(bytes, settings.limits);
  if (posted === 'tooMany') return fail('tooManyRequests', [], CROWDED_MS);
  if (typeof posted === 'string') return fail(posted, [roomName]);
  if (posted.wish !== undefined) void quotas.grow(roomName, posted.wish);
  const hearers = audience.hearers(roomName);
  if (hearers > 1) by.spend(spreadUnits(hearers, bytes));
  const reached = passing?.passed ?? topics.reached(topic, posted.seq);
  if (reached !== true) await reached;
  return ok(posted.id ?? null);
}
