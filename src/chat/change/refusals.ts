/** What is refused of changes in rooms and between two users alike. */
import { REACTION_KEY_BYTES, type ReactionsOptions } from '../../protocol/params/changes.ts';
import { badArgument, failBecause, type Failure } from '../../protocol/errors/errors.ts';
import { utf8Length } from '../../protocol/names/form.ts';
import { isKey } from '../../protocol/wire/fault.ts';

/** Why a change is not allowed, by the word for it. */
export const NOT_ALLOWED = {
  tooLate: 'the message is too old',
  noText: 'the message has no `textMessage`',
  isDone: 'the text of the message is done',
  tooManyReactions: 'there are as many reactions to the message as there may be',
};

/** Of a key to react with: the third of the params. It becomes a key of the counts, which no map of the wire may have another way. */
export function keyRefusal(key: string): Failure<'badArgument'> | undefined {
  if (!isKey(key)) return badArgument(2, key, 'no map may have that key');
  const bytes = utf8Length(key);
  if (bytes <= REACTION_KEY_BYTES) return undefined;
  return badArgument(2, key, `the key takes ${bytes} bytes where ${REACTION_KEY_BYTES} are allowed`);
}

/** Of options to read reactions with, likewise: their cursor is of nothing that was read. */
export const cursorRefusal = (options: ReactionsOptions): Failure<'badArgument'> =>
  failBecause('badArgument', [2, { ...options }], 'the cursor is none of this request');
