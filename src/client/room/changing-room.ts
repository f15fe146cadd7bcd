/** How messages of a room are changed: the requests, under the name that the room has by then. When they go is left to the outbox. */
import type { ChangingPlace } from '../change/changing.ts';
import type { Core } from '../core.ts';
import { timeOf } from './sending.ts';
import type { RoomState } from './state.ts';

/** `isSettled`: false while the room is wanted and not joined. */
export function changingRoom(core: Core, state: RoomState, isSettled: (roomName: string) => boolean): ChangingPlace {
  const room = (): { readonly roomName: string } => ({ roomName: state.current.name });
  return {
    kind: 'room',
    get object() {
      return state.current.place.room ?? state;
    },
    get name() {
      return state.current.name;
    },
    isReady: () => isSettled(state.current.name),
    update: (link, input, settle) => link.call('roomMessageUpdate', { ...room(), ...input }, settle),
    recall: (link, input, settle) => link.call('roomMessageRecall', { ...room(), ...input }, settle),
    react: (link, input, settle) => link.call('roomMessageReact', { ...room(), ...input }, settle),
    append: (link, input, settle) => link.call('roomMessageAppend', { ...room(), ...input }, settle),
    reactors: (id, options) => core.request('roomReactionsGet', { ...room(), id, options }),
    refused: ({ code, args }) => {
      if (code === 'silenced') state.current.affairs.foundSilenced(timeOf(args[0]));
    },
    reacted: (message) => state.current.isNew(Number(message.id), message),
  };
}
