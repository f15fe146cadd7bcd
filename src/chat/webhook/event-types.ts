/** What of a log is which type of event for the webhook, and what is said of it there. */
import { evictionsOf, type TopicEvent } from '../../log/event.ts';
import { isNotificationName, notificationDeclaration } from '../../protocol/catalogue.ts';
import type { Value, ValueMap } from '../../protocol/params/values.ts';
import type { WebhookType } from '../../protocol/service/webhooks.ts';
import { decodeNotification } from '../../protocol/wire/frame.ts';
import { decodeTrusted } from '../../protocol/wire/msgpack.ts';

/** By the notification that a room's log has. What is not here is not sent. */
const types: ReadonlyMap<string, WebhookType> = new Map<string, WebhookType>([
  ['roomMessage', 'message'],
  ['roomMessageChanged', 'change'],
  ['roomMembersAdded', 'member'],
  ['roomMembersRemoved', 'member'],
  ['roomRoleChanged', 'member'],
  ['roomSilenced', 'member'],
  ['roomUnsilenced', 'member'],
  ['roomModeChanged', 'room'],
  ['roomSlowModeChanged', 'room'],
  ['roomAttributesChanged', 'room'],
  ['roomAccessListAdded', 'room'],
  ['roomAccessListRemoved', 'room'],
  ['roomUserJoined', 'presence'],
  ['roomUserLeft', 'presence'],
  ['roomUserlistChanged', 'presence'],
]);

/** Of these something is in the logs of rooms. */
export const ofRooms: readonly WebhookType[] = [...new Set(types.values())];

export interface WebhookEvent {
  readonly type: WebhookType | 'gap';
  /** As ValueMap, in the order in which it is written. */
  readonly fields: ValueMap;
}

/** An event of a room as it is sent; undefined where it is of no type. */
export function roomEvent(roomName: string, event: TopicEvent): WebhookEvent | undefined {
  const { kind, epoch, seq, timestamp } = event;
  const place = { roomName, epoch, seq };
  if (kind === 'reset') return { type: 'gap', fields: { ...place, timestamp, name: 'roomReset', data: {} } };
  if (kind === 'deleted') return { type: 'room', fields: { ...place, timestamp, name: 'roomDeleted', data: {} } };
  if (event.frame.length === 0) {
    if (kind !== 'evicted') return undefined;
    const present = evictionsOf(event).filter(({ sockets }) => sockets.size > 0);
    // The others had it in their sessions.
    if (present.length === 0) return undefined;
    const userNames = present.map(({ userName }) => userName);
    return { type: 'presence', fields: { ...place, timestamp, name: 'roomUsersTakenOut', data: { userNames } } };
  }
  const { name, params } = decodeNotification(event.frame);
  const type = types.get(name);
  if (type === undefined) return undefined;
  const id = kind === 'message' ? { id: event.id } : {};
  return { type, fields: { ...place, ...id, timestamp, name, data: dataOf(name, params) } };
}

/** The params of a notification by their names, but for the room. */
function dataOf(name: string, params: readonly Value[]): ValueMap {
  if (!isNotificationName(name)) return {};
  const named = notificationDeclaration(name).params.map((param, at) => [param.name, params[at]] as const);
  return Object.fromEntries(
    named.flatMap(([key, value]) => (key === 'roomName' || value === undefined ? [] : [[key, value]])),
  );
}

/** An event of the service's own log, as it was noted. */
export function serviceEvent({ epoch, seq, timestamp, frame, kind }: TopicEvent): WebhookEvent | undefined {
  if (kind === 'reset' || frame.length === 0) return undefined;
  // What `Webhooks.tell` has written.
  const [type, name, data] = decodeTrusted(frame) as [WebhookType, string, ValueMap];
  return { type, fields: { epoch, seq, timestamp, name, data } };
}
