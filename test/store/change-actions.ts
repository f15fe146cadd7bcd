// Messages of a room that are maps indeed, how they are changed, and what of that is told and read.
import type { TopicEvent } from '../../src/log/event.ts';
import { roomMessageFrame } from '../../src/protocol/message.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { decodeNotification } from '../../src/protocol/wire/frame.ts';
import { messageContent, storedMessageIn } from '../../src/protocol/wire/message-frame.ts';
import type { ChangeOutcome, Changing } from '../../src/store/change/change-store.ts';
import { SERVICE } from '../../src/store/rights.ts';
import { rightsBy, room, type By } from './room-actions.ts';
import { nonce, type Store } from './store.ts';

/** Posts a message; `options` are those of a post. */
export const say = (
  store: Store,
  by: By,
  message: ValueMap,
  options: { replyTo?: number; clientMessageId?: string } = {},
): ReturnType<Store['messages']['post']> => {
  const author = typeof by === 'string' ? by : undefined;
  return store.messages.post(room, rightsBy(by), {
    author,
    ...roomMessageFrame(room, author, message, false),
    nonce: nonce(),
    clientMessageId: options.clientMessageId,
    transient: false,
    replyTo: options.replyTo,
  });
};

const changing = (by: By, id: number): Changing => ({
  rights: rightsBy(by),
  by: typeof by === 'string' ? by : undefined,
  id,
});

export const update = (
  store: Store,
  by: By,
  id: number,
  message: ValueMap,
  options: { ifVersion?: number; mentions?: readonly string[] } = {},
): Promise<ChangeOutcome> => store.changes.update(room, changing(by, id), messageContent(message).content, options);

export const recall = (store: Store, by: By, id: number, reason?: string): Promise<ChangeOutcome> =>
  store.changes.recall(room, changing(by, id), reason);

export const react = (store: Store, by: By, id: number, key = '+', isRemoved = false): Promise<ChangeOutcome> =>
  store.changes.react(room, changing(by, id), key, isRemoved);

export const append = (
  store: Store,
  by: By,
  id: number,
  text: string,
  options: { offset?: number; done?: boolean } = {},
): Promise<ChangeOutcome> => store.changes.append(room, changing(by, id), text, options);

const mapOf = (value: Value): ValueMap => Object(value) as ValueMap;

export const messageIn = ({ frame }: TopicEvent): ValueMap => mapOf(storedMessageIn(frame).value);

/** All messages as they are read now, by their ids. */
export async function messages(store: Store): Promise<ValueMap[]> {
  const found = await store.histories.read(room, SERVICE, 0, 100);
  if (typeof found === 'string') throw new Error(found);
  return found.map(messageIn);
}

/** The changes that were told, without their times. */
export const changesIn = (events: readonly TopicEvent[]): ValueMap[] =>
  timedChangesIn(events).map((timed) => {
    const { timestamp: _, ...change } = timed;
    return change;
  });

export const timedChangesIn = (events: readonly TopicEvent[]): ValueMap[] =>
  events.flatMap(({ frame, kind }) => {
    if (kind !== 'notice' || frame[0] !== 0x93) return [];
    const { name, params } = decodeNotification(frame);
    if (name !== 'roomMessageChanged') return [];
    const change = mapOf(params[1] ?? null);
    return typeof change['timestamp'] === 'number' ? [change] : [];
  });
