/**
 * Messages that reach who is here, and are not kept. A message is two scripts: the receiver's is the truth, then the sender's
 * other sockets are told. Where the first did not happen nothing has; where the node dies between them, the message was sent and
 * its echo is missing.
 */
import { spreadUnits } from '../../protocol/params/cost.ts';
import { crowded, fail } from '../../protocol/errors/errors.ts';
import { directEchoFrame, directMessageFrame } from '../../protocol/direct.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { StoredResult } from '../../protocol/wire/stored.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Actor } from '../actor.ts';
import type { Handlers } from '../caller.ts';
import { mentioningOf, mentionsIn } from '../message/mentions.ts';
import { ok, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';
import { nowOrLater } from '../repair/repairs.ts';
import { contentRefusal, mayCarry } from './content.ts';

const NOTHING = new Uint8Array(0);

export async function sendLive(
  services: Services,
  by: Actor,
  { userName, message, options }: Parameters<Handlers['directMessage']>[1],
): Promise<Outcome<'directMessage'>> {
  const { audience, directs, settings } = services;
  const transient = options?.transient ?? false;
  const mentioning = mentioningOf(mentionsIn(options, settings.limits));
  const { prefix, bytes } = directMessageFrame(by.author, message, mentioning);
  const sent = await directs.send(userName, {
    author: by.author,
    rights: by.rights,
    prefix: mayCarry(options, bytes, settings.limits) ? prefix : NOTHING,
    clientMessageId: options?.clientMessageId,
    transient,
    // Where messages are kept, who is away is no reason to refuse what passes.
    evenAway: transient && settings.directMessages === 'stored',
  });
  if (sent === 'noUser' || sent === 'noUserOnline') return fail(sent, [userName]);
  if (sent === 'tooMany') return crowded();
  if (sent === 'messageTooLarge') return contentRefusal(options, bytes, settings.limits);
  if (typeof sent === 'string') return fail(sent);
  const { frame, repeated } = sent;
  if (frame === undefined) return ok(null);
  if (repeated) return ok(new StoredResult<ValueMap>(storedMessageIn(frame)));
  const own = by.author === undefined ? 0 : audience.socketsOf(by.author).length;
  const hearers = audience.socketsOf(userName).length + own;
  by.spend(spreadUnits(hearers, frame.length));
  await echo(services, by, directEchoFrame(userName, frame), !transient);
  return ok(transient ? null : new StoredResult<ValueMap>(storedMessageIn(frame)));
}

/**
 * Tells the sender's other sockets. What was sent stays sent whatever happens here: where Redis does not answer, they are
 * told later, or twice if only the answer was lost. A repeat of the request tells nobody again.
 */
async function echo(
  { users, repairs }: Services,
  { author, exceptSocket }: Actor,
  frame: Uint8Array,
  logged: boolean,
): Promise<void> {
  if (author === undefined) return;
  const tell = (): Promise<void> => users.notifyOthers(author, exceptSocket, frame, logged);
  await nowOrLater(repairs, tell);
}
