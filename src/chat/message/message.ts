/** Posting to a room: one encode here, one script in Redis, and the frame goes out on every node as it is. */
import { nonceOf } from '../../log/event.ts';
import { spreadUnits } from '../../protocol/params/cost.ts';
import { crowded, fail, failBecause, messageTooLarge, silenced, type Failure } from '../../protocol/errors.ts';
import type { Args } from '../../protocol/catalogue.ts';
import { roomMessageFrame, type messageRequests, type RoomMessageFrame } from '../../protocol/message.ts';
import { roomTopic } from '../../redis/keys.ts';
import { newNonce } from '../../redis/tokens.ts';
import { isHeld, type Held, type PostRefusal } from '../../store/message/message-store.ts';
import type { Mentions } from '../../store/message/post.ts';
import type { Actor } from '../actor.ts';
import type { Caller, HandlersOf } from '../caller.ts';
import { ok, UnderWay, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';
import { mentioningOf, mentionsIn } from './mentions.ts';
import { parentOf } from './replies.ts';
import { eventOf } from './transients.ts';

const NOTHING = new Uint8Array(0);

/** What telling one user of a mention costs, in units of an ordinary request. */
const UNITS_PER_MENTION = 0.2;

export function messageHandlers(services: Services): HandlersOf<typeof messageRequests> {
  return {
    // It has its place among the room's posts as soon as it is called.
    roomMessage: (by, args, socket) => new UnderWay(inOrder(services, by, args, socket)),
  };
}

/** A socket's transient messages may wait; whatever else it posts goes behind them. What others post goes as it comes. */
async function inOrder(
  services: Services,
  by: Actor,
  args: Args<'roomMessage'>,
  socket: Caller | undefined,
): Promise<Outcome<'roomMessage'>> {
  const { roomName, message, options } = args;
  const { transients, settings } = services;
  const mentions = mentionsIn(options, settings.limits);
  const mentioning = mentioningOf(mentions);
  const frame = roomMessageFrame(roomName, by.author, message, options?.transient ?? false, mentioning);
  const send = (): Promise<Outcome<'roomMessage'>> => post(services, by, args, { ...frame, mentions });
  if (socket === undefined) return send();
  const [target, event, { bytes }] = [roomTopic(roomName), eventOf(message, options), frame];
  if (event !== undefined && bytes <= settings.limits.messageBytes) {
    return (await transients.pass(socket, { target, event, bytes, send })) ?? ok(null);
  }
  // They are before it among the room's posts; nothing has to be waited for.
  void transients.flush(socket.socketId, target);
  return send();
}

async function post(
  services: Services,
  by: Actor,
  { roomName, message, options }: Args<'roomMessage'>,
  { prefix, middle, bytes, mentions }: RoomMessageFrame & { readonly mentions: Mentions | undefined },
): Promise<Outcome<'roomMessage'>> {
  const { messages, topics, quotas, settings, audience } = services;
  const transient = options?.transient ?? false;
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
      priority: options?.priority,
      mentions,
      replyTo: transient ? undefined : parentOf(message),
    })
    .catch((error: unknown) => {
      passing?.cancel();
      throw error;
    });
  if (typeof posted === 'string' || isHeld(posted) || posted.repeated) passing?.cancel();
  if (posted === 'messageTooLarge') return messageTooLarge(bytes, settings.limits);
  if (posted === 'tooMany') return crowded();
  if (posted === 'notAllowed') return failBecause(posted, [], 'the owner and admins mention everybody');
  if (posted === 'noMessage') return fail(posted, [parentOf(message) ?? null]);
  if (typeof posted === 'string') return fail(posted, [roomName]);
  if (posted.mentioned !== undefined) signalMentions(services, by, roomName, posted.mentioned);
  if (posted.wish !== undefined) void quotas.grow(roomName, posted.wish);
  const hearers = audience.hearers(roomName);
  if (hearers > 1) by.spend(spreadUnits(hearers, bytes));
  const reached = passing?.passed ?? topics.reached(topic, posted.seq);
  if (reached !== true) await reached;
  return ok(posted.id ?? null);
}

function refusal(
  word: Exclude<PostRefusal, 'messageTooLarge'>,
  roomName: string,
): Failure<'noRoom' | 'notJoined' | 'roomExpired' | 'notAllowed' | 'tooManyRequests'> {
  if (word === 'tooMany') return crowded();
  if (word === 'notAllowed') return failBecause(word, [], 'the owner and admins mention everybody');
  if (word === 'onlyAdmins') return failBecause('notAllowed', [], 'the owner and admins post here');
  if (word === 'onlyOwner') return failBecause('notAllowed', [], 'the owner posts here');
  return fail(word, [roomName]);
}

function heldRefusal(held: Held): Failure<'silenced' | 'tooManyRequests'> {
  if (held.reason === 'tooSoon') {
    const wait = `the room is in slow mode, and the next message is due in ${Math.ceil(held.waitMs / 1000)} s`;
    return failBecause('tooManyRequests', [], wait, held.waitMs);
  }
  return silenced(held.until);
}

/** Not waited for, and not done again: who does not hear of it finds it by the next count. */
function signalMentions({ unreads }: Services, by: Actor, roomName: string, mentioned: readonly string[]): void {
  by.spend(mentioned.length * UNITS_PER_MENTION);
  for (const userName of mentioned) {
    if (userName !== by.author) unreads.signalMention(userName, roomName).catch(() => undefined);
  }
}
