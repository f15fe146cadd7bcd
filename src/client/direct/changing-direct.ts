/** How messages between two users are changed: the requests. When they go is left to the outbox. */
import type { ChangingPlace } from '../change/changing.ts';
import type { Core } from '../core.ts';
import type { Message } from '../message/message.ts';

/** `reacted`: a message is another one by an answer. */
export function changingDirect(
  core: Core,
  direct: { readonly userName: string },
  reacted: (message: Message) => void,
): ChangingPlace {
  const user = (): { readonly userName: string } => ({ userName: direct.userName });
  return {
    kind: 'direct',
    object: direct,
    get name() {
      return direct.userName;
    },
    isReady: () => true,
    update: (link, input, settle) => link.call('directMessageUpdate', { ...user(), ...input }, settle),
    recall: (link, input, settle) => link.call('directMessageRecall', { ...user(), ...input }, settle),
    react: (link, input, settle) => link.call('directMessageReact', { ...user(), ...input }, settle),
    append: (link, input, settle) => link.call('directMessageAppend', { ...user(), ...input }, settle),
    reactors: (id, options) => core.request('directReactionsGet', { ...user(), id, options }),
    refused: () => undefined,
    reacted,
  };
}
