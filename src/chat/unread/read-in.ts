/** What a notice says of marks and mentions: it is told to sockets, and those that want to know what is unread are told that behind it. */
import { decodeNotification, notificationTest } from '../../protocol/wire/frame.ts';
import { isMap } from '../../protocol/params/values.ts';

/** What a notice says to have been read: by which user or in which room, and up to which message. */
export type Read = { readonly userName: string; readonly upToId: number } | { readonly roomName: string };

const isStatus = notificationTest('directMessageStatus', 2);
const isRoomRead = notificationTest('roomReadEcho', 2);
const isChange = notificationTest('directMessageChanged', 2);

/** Undefined of a notice that says nothing of that. */
export function readIn(frame: Uint8Array): Read | undefined {
  if (isRoomRead(frame)) {
    const [roomName] = decodeNotification(frame).params;
    return typeof roomName === 'string' ? { roomName } : undefined;
  }
  if (!isStatus(frame)) return undefined;
  const [userName, said = null] = decodeNotification(frame).params;
  const { status, upToId } = isMap(said) ? said : {};
  return typeof userName === 'string' && status === 'read' && typeof upToId === 'number'
    ? { userName, upToId }
    : undefined;
}

/** The other user, where a notice says that a message of it mentions this one since it has other words. */
export function mentionIn(frame: Uint8Array, userName: string): string | undefined {
  if (!isChange(frame)) return undefined;
  const [peer, change = null] = decodeNotification(frame).params;
  const { kind, message = null } = isMap(change) ? change : {};
  if (typeof peer !== 'string' || kind !== 'update' || !isMap(message)) return undefined;
  const { author, mentions } = message;
  return author === peer && Array.isArray(mentions) && mentions.includes(userName) ? peer : undefined;
}
