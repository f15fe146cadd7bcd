/** Telling others that its user writes, or has stopped: past the middleware, and only while there is a connection. */
import type { ValueMap } from '../protocol/params/values.ts';
import type { Link } from './connection/link.ts';
import type { Core } from './core.ts';
import { typingContent } from './typing.ts';

/** Later it would not be true any more; and nobody asks what becomes of it. */
export function sendTyping(
  core: Core,
  face: Parameters<Core['plugins']['send']>[0],
  isTyping: boolean,
  call: (link: Link, message: ValueMap) => void,
): void {
  core.plugins.send(face, 'typing', { isTyping }, (outcome) => {
    if (outcome.ok && core.link !== undefined) call(core.link, typingContent(outcome.value.isTyping));
  });
}
