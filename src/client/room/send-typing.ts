/** Telling the others in a room that its user writes, or has stopped. */
import type { Core } from '../core.ts';
import { typingContent } from '../typing.ts';

export function sendTyping(
  { core, isJoined }: { readonly core: Core; readonly isJoined: (roomName: string) => boolean },
  face: Parameters<Core['plugins']['send']>[0],
  roomName: string,
  isTyping: boolean,
): void {
  core.plugins.send(face, 'typing', { isTyping }, (outcome) => {
    const { link } = core;
    // Later, or elsewhere, it would not be true any more; and nobody asks what becomes of it.
    if (!outcome.ok || link === undefined || !isJoined(roomName)) return;
    const message = typingContent(outcome.value.isTyping);
    link.call('roomMessage', { roomName, message, options: { transient: true } }, () => undefined);
  });
}
