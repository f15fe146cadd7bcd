/** What lists show of a room or a conversation, and what of it a change has moved. */
import type { Message } from './message.ts';

export interface Counted {
  readonly unread: number;
  readonly mentioned: boolean;
  readonly lastMessage: Message | undefined;
}

export type CountedField = keyof Counted;

const fields: readonly CountedField[] = ['unread', 'mentioned', 'lastMessage'];

/** Makes a change, and gives the fields that are others by it. */
export function changedBy(change: () => unknown, of: Counted): CountedField[] {
  const before = fields.map((field) => of[field]);
  change();
  return fields.filter((field, index) => of[field] !== before[index]);
}
