/** Posting to a room: one encode here, one script in Redis, and the frame goes out on every node as it is. */
import { nonceOf } from '../../log/event.ts';
import { spreadUnits } from '../../protocol/params/cost.ts';
import {
  crowded,
  fail,
  failBecause,
  Failure,
  messageTooLarge,
  silenced,
  unavailable,
} from '../../protocol/errors/errors.ts';
import type { Args, Result } from '../../protocol/catalogue.ts';
import { roomMessageFrame, type messageRequests, type RoomMessageFrame } from '../../protocol/message.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { roomTopic } from '../../redis/keys.ts';
import { newNonce } from '../../redis/tokens.ts';
import { isHeld, type Held, type PostRefusal } from '../../store/message/message-store.ts';
import type { Actor } from '../actor.ts';
import type { Caller, HandlersOf } from '../caller.ts';
import { ok, UnderWay, type Ok, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';
import { followUp } from './follow-up.ts';
import { mentioningOf, mentionsIn } from './mentions.ts';
import type { Pushed } from './absences.ts';
import { pushDataIn } from './push-data.ts';
import { parentOf } from './replies.ts';
import { eventOf } from './transients.ts';

const NOTHING = new Uint8Array(0);

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
  const { prefix, middle, bytes } = roomMessageFrame(
    roomName,
    by.author,
    message,
    options?.transient ?? false,
    mentioning,
  );
  const pushData = pushDataIn(options);
  if (pushData instanceof Failure) return pushData;
  // Not a copy of the frame with more to it: the engine takes long over such objects.
  const framed = { prefix, middle, bytes, mentions, pushData };
  const send = (): Promise<Outcome<'roomMessage'>> => post(services, by, args, framed);
  if (options?.will === true) return keepWill(services, by, args, framed, socket);
  if (socket === undefined) return send();
  const [target, event] = [roomTopic(roomName), eventOf(message, options)];
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
  { prefix, middle, bytes, mentions, pushData }: Framed,
): Promise<Outcome<'roomMessage'>> {
  const { messages, topics, settings, audience } = services;
  const transient = options?.transient ?? false;
  const tooLarge = bytes > settings.limits.messageBytes;
  const replyTo = transient ? undefined : parentOf(message);
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
      replyTo,
    })
    .catch((error: unknown) => {
      passing?.cancel();
      throw error;
    });
  if (typeof posted === 'string' || isHeld(posted) || posted.repeated) passing?.cancel();
  if (typeof posted === 'string') return refusal(posted, services, { roomName, message, bytes });
  if (isHeld(posted)) return heldRefusal(posted);
  followUp(services, { roomName, author: by.author, by, mentions, pushData, replyTo }, posted);
  const hearers = audience.hearers(roomName);
  if (hearers > 1) by.spend(spreadUnits(hearers, bytes));
  const reached = passing?.passed ?? topics.reached(topic, posted.seq);
  if (reached !== true) await reached;
  return ok(posted.id ?? null);
}

type Framed = RoomMessageFrame & Pushed;

/** What is posted if the socket goes without a word. It is judged now, by the room as it is, and again then. */
async function keepWill(
  services: Services,
  by: Actor,
  { roomName, message, options = {} }: Args<'roomMessage'>,
  { prefix, bytes, mentions, pushData }: Framed,
  socket: Caller | undefined,
): Promise<Outcome<'roomMessage'>> {
  const { messages, settings, wills } = services;
  if (socket === undefined) return failBecause('notAllowed', [], 'a will is that of a socket');
  const isTooLarge = bytes > settings.limits.messageBytes;
  const { transient = false, priority } = options;
  const judged = await messages.post(roomName, by.rights, {
    author: by.author,
    prefix: isTooLarge ? NOTHING : prefix,
    middle: NOTHING,
    nonce: newNonce(),
    clientMessageId: undefined,
    transient,
    judged: true,
    mentions,
  });
  if (typeof judged === 'string') return refusal(judged, services, { roomName, message, bytes });
  if (isHeld(judged)) return heldRefusal(judged);
  // From here on: it may be there although Redis has not answered.
  socket.hasWill = true;
  const replyTo = transient ? undefined : parentOf(message);
  const isKept = await wills.keep(socket, {
    roomName,
    prefix,
    transient,
    priority,
    mentions,
    replyTo,
    pushData,
  });
  return isKept ? ok(null) : unavailable();
}

/** Why a room does not take a message. */
function refusal(
  refused: PostRefusal,
  { settings }: Services,
  { roomName, message, bytes }: { readonly roomName: string; readonly message: ValueMap; readonly bytes: number },
): Exclude<Outcome<'roomMessage'>, Ok<Result<'roomMessage'>>> {
  if (refused === 'messageTooLarge') return messageTooLarge(bytes, settings.limits);
  if (refused === 'tooMany') return crowded();
  if (refused === 'notAllowed') return failBecause(refused, [], 'the owner and admins mention everybody');
  if (refused === 'onlyAdmins') return failBecause('notAllowed', [], 'the owner and admins post here');
  if (refused === 'onlyOwner') return failBecause('notAllowed', [], 'the owner posts here');
  if (refused === 'noMessage') return fail(refused, [parentOf(message) ?? null]);
  return fail(refused, [roomName]);
}

function heldRefusal(held: Held): Failure<'silenced' | 'tooManyRequests'> {
  if (held.reason === 'tooSoon') {
    const wait = `the room is in slow mode, and the next message is due in ${Math.ceil(held.waitMs / 1000)} s`;
    return failBecause('tooManyRequests', [], wait, held.waitMs);
  }
  return silenced(held.until);
}
