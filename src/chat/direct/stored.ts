/** Sending a message that is kept: what it comes to for who sends it. How it goes is said in stored-sends.ts. */
import { spreadUnits } from '../../protocol/params/cost.ts';
import { crowded, fail } from '../../protocol/errors/errors.ts';
import { storedDirectFrame } from '../../protocol/direct.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { StoredResult } from '../../protocol/wire/stored.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { UserActor } from '../actor.ts';
import type { Handlers } from '../caller.ts';
import { mentioningOf, mentionsIn } from '../message/mentions.ts';
import { parentOf } from '../message/replies.ts';
import { ok, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';
import { contentRefusal, mayCarry } from './content.ts';
import { sendLive } from './live.ts';

const NOTHING = new Uint8Array(0);

/** Has its place among its author's messages to that user when it returns. */
export async function sendStored(
  services: Services,
  by: UserActor,
  sending: Parameters<Handlers['directMessage']>[1],
  pushData: Uint8Array | undefined,
): Promise<Outcome<'directMessage'>> {
  const { absences, audience, settings, storedSends } = services;
  const { userName, message, options } = sending;
  const { author, rights, exceptSocket } = by;
  const mentions = mentionsIn(options, settings.limits);
  const { prefix, middle, bytes } = storedDirectFrame(author, message, mentioningOf(mentions));
  const isRefused = !mayCarry(options, bytes, settings.limits);
  const { clientMessageId, transient = false } = options ?? {};
  const replyTo = transient ? undefined : parentOf(message);
  const mentioning = mentions?.names.includes(userName) ?? false;
  const post = { prefix: isRefused ? NOTHING : prefix, middle, clientMessageId, transient, mentioning, replyTo };
  const sent = await storedSends.send({ userName, author, rights, exceptSocket, post });
  if (sent === 'noUser') return fail(sent, [userName]);
  if (sent === 'notAllowed') return fail(sent);
  if (sent === 'tooMany') return crowded();
  if (sent === 'noMessage') return fail(sent, [replyTo ?? null]);
  if (sent === 'messageTooLarge') return contentRefusal(options, bytes, settings.limits);
  if ('passing' in sent) {
    if (sent.repeated) return ok(null);
    return sendLive(services, by, { userName, message, options: { ...options, clientMessageId: '' } });
  }
  const { stored, isNews } = sent;
  if (!stored.repeated) absences.toUser(userName, stored.frame, { mentions, pushData });
  if (isNews)
    by.spend(spreadUnits(audience.socketsOf(userName).length + audience.socketsOf(author).length, stored.frame.length));
  return ok(new StoredResult<ValueMap>(storedMessageIn(stored.frame)));
}
