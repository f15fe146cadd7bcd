/** Tells what has become of a message that was said: its line anew where it says something else, a sentence where others react. */
import type { DirectEvents, Message, NotificationParams, RoomEvents } from '../../client/index.ts';
import { countWords } from './alterations.ts';
import type { Conversation } from './conversation.ts';
import { quoted, textOf } from './said.ts';

type Change = NotificationParams<'roomMessageChanged'>[1];
type Update = RoomEvents['update'][0] | DirectEvents['update'][0];

export interface ChangeDeps {
  /** Oneself. */
  readonly own: string | undefined;
  readonly where: Conversation;
  readonly tell: (sentence: string) => void;
}

/** What an `update` of a room or a conversation says of a message; the rest of it is told elsewhere. */
export function tellOfUpdate(update: Update, { own, where, tell }: ChangeDeps): void {
  if (!('changed' in update) || !('message' in update)) return;
  const { message, change } = update;
  // What was not said here lately is not shown anew: nobody would know what it was.
  if (message === undefined || !where.recent.includes(message)) return;
  const who = (userName: string | null): string =>
    userName === null ? 'the service' : userName === own ? 'you' : userName;
  if (change?.kind === 'reactions') tell(reactionWords(change, message, who));
  else where.change(message, noteOf(message, change, who));
}

/** What stands behind the author of a message that is shown anew. */
function noteOf(message: Message, change: Change | undefined, who: (userName: string | null) => string) {
  if (message.recalled) {
    const { by, reason } = change?.kind === 'recall' ? change : { by: message.author, reason: undefined };
    const notes = [`#${message.id}`, by === undefined || by === message.author ? undefined : `by ${who(by)}`, reason];
    return notes.filter((note) => note !== undefined).join(', ');
  }
  // Text that is there at last was not changed.
  if (message.content['done'] !== undefined) return undefined;
  return change?.kind === 'update' && change.by !== undefined ? `edited by ${who(change.by)}` : 'edited';
}

function reactionWords(
  { counts, by, key, removed = false }: Extract<Change, { readonly kind: 'reactions' }>,
  message: Message,
  who: (userName: string | null) => string,
): string {
  const text = quoted(textOf(message) ?? '');
  if (by !== undefined && key !== undefined)
    return `${who(by)} ${removed ? `took ${key} back from` : `reacted with ${key} to`} ${text}.`;
  const all = countWords(Object.entries(counts)).join(', ');
  return all === '' ? `no reactions to ${text} any more.` : `${all} to ${text}.`;
}
