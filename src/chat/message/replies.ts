/** Which message another one replies to, in a room or between two users. Whether that is there is seen in the step of the post. */
import type { ValueMap } from '../../protocol/params/values.ts';

/** The id that a message names; undefined where it names none. Whatever else stands there is the application's own. */
export function parentOf({ replyTo }: ValueMap): number | undefined {
  return typeof replyTo === 'number' && Number.isInteger(replyTo) ? replyTo : undefined;
}
