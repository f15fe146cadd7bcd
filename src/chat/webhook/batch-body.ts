/** A batch of events as it is sent: JSON, and the id by which its receiver knows it again. */
import { createHash } from 'node:crypto';
import type { TopicEvent } from '../../log/event.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { encodeJson } from '../../protocol/wire/json.ts';
import type { WebhookType } from '../../protocol/service/webhooks.ts';
import type { Batch, Outbox } from '../../store/webhook/webhook-store.ts';
import { roomEvent, serviceEvent, type WebhookEvent } from './event-types.ts';

/** Of an event that could not be read: its number, and why. */
export type OnUnreadable = (seq: number, error: unknown) => void;

export interface BatchBody {
  readonly id: string;
  readonly text: string;
  readonly count: number;
  readonly gaps: number;
}

/** Undefined where nothing of it is wanted. What is lost is told whatever is wanted: nobody knows what it was. */
export function bodyOf(
  outbox: Outbox,
  batch: Batch,
  wanted: ReadonlySet<WebhookType>,
  onUnreadable: OnUnreadable,
): BatchBody | undefined {
  const events = [...beginningOf(outbox, batch), ...inOrder(outbox, batch, onUnreadable)].filter(
    ({ type }) => type === 'gap' || wanted.has(type),
  );
  if (events.length === 0) return undefined;
  const written: ValueMap[] = events.map(({ type, fields }) => ({ type, ...fields }));
  const head: ValueMap = outbox === undefined ? {} : { roomName: outbox.roomName };
  const replay: ValueMap = batch.replays > 0 ? { replay: batch.replays } : {};
  return {
    id: idOf(outbox, batch),
    text: encodeJson({ type: 'batch', ...head, ...replay, events: written }),
    count: events.filter(({ type }) => type !== 'gap').length,
    gaps: events.filter(({ type }) => type === 'gap').length,
  };
}

/** The same for a batch that is sent again, another one for any other: also where Redis has lost the end of a log, and its numbers come again. */
function idOf(outbox: Outbox, { life, seq, toSeq, replays, former, mark }: Batch): string {
  const parts = [outbox?.roomName ?? '', life, seq, toSeq, replays, former ?? '', ...(mark === '' ? [] : [mark])];
  return `msg_${createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 32)}`;
}

/** What stands before the events of a room's first batch: the end of the room before it, and that it was made. */
function beginningOf(outbox: Outbox, { former, made, events }: Batch): WebhookEvent[] {
  if (outbox === undefined) return [];
  const { roomName } = outbox;
  const beginning: WebhookEvent[] = [];
  if (former !== undefined) {
    const gone = { roomName, name: 'roomDeleted', data: {} };
    beginning.push({ type: 'gap', fields: { roomName, name: 'lost', data: { from: former + 1, to: null } } });
    beginning.push({ type: 'room', fields: gone });
  }
  if (made !== undefined) {
    const { createdAt: timestamp, owner } = made;
    const epoch = events[0]?.epoch;
    const place = { roomName, ...(epoch === undefined ? {} : { epoch }), seq: 0, timestamp };
    const data = { owner: owner === '' ? null : owner };
    beginning.push({ type: 'room', fields: { ...place, name: 'roomMade', data } });
  }
  return beginning;
}

function inOrder(outbox: Outbox, { events, gaps }: Batch, onUnreadable: OnUnreadable): WebhookEvent[] {
  const place = outbox === undefined ? {} : { roomName: outbox.roomName };
  const gapOf = (from: number, to: number): WebhookEvent => ({
    type: 'gap',
    fields: { ...place, seq: from, name: 'lost', data: { from, to } },
  });
  // One that cannot be read is lost, and stops nothing: it would be the same whenever it is tried again.
  const read = (event: TopicEvent): WebhookEvent | undefined => {
    try {
      return outbox === undefined ? serviceEvent(event) : roomEvent(outbox.roomName, event);
    } catch (error) {
      onUnreadable(event.seq, error);
      return gapOf(event.seq, event.seq);
    }
  };
  const lost = gaps.map(([from, to]) => ({ seq: from, event: gapOf(from, to) }));
  const found = events.map((event) => ({ seq: event.seq, event: read(event) }));
  return [...lost, ...found].sort((a, b) => a.seq - b.seq).flatMap(({ event }) => event ?? []);
}
