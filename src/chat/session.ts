/** The session of a user, as its sockets get to see it: asked for, and restored at login. */
import { notificationFrame } from '../protocol/frame.ts';
import { userTopic } from '../state/keys.ts';
import type { Filing } from '../state/session-state.ts';
import { Answer, type Handlers } from './caller.ts';
import { beginTurn, byGroup, presentOf } from './filing.ts';
import type { Services } from './services.ts';

export function sessionHandlers(services: Services): Pick<Handlers, 'sessionGet'> {
  const { sessions, topics } = services;
  return {
    async sessionGet(caller) {
      const turn = beginTurn(caller);
      try {
        const read = await sessions.read(caller.userName);
        const filed = read === 'gone' ? [] : read.filed;
        const groups = byGroup(await presentOf(services, caller.userName, caller.echoExcept, filed));
        if (read !== 'gone') {
          turn?.tookEffect(read.at);
          await topics.reached(userTopic(caller.userName), read.at.seq, read.at.epoch);
        }
        const result = [...groups].map(([group, chats]): [string, Record<string, (typeof chats)[number]>] => [
          group,
          Object.fromEntries(chats.map((chat) => [chat.name, chat])),
        ]);
        return new Answer(Object.fromEntries(result), { before: () => turn?.before(), after: () => turn?.end() });
      } catch (error) {
        turn?.end();
        throw error;
      }
    },
  };
}

/** What a synced socket is told of the session at its login, before anything newer. */
export async function restore(
  services: Pick<Services, 'access' | 'sessions'>,
  socket: { readonly userName: string; readonly socketId: string },
  filed: readonly Filing[],
): Promise<Uint8Array[]> {
  const chats = await presentOf(services, socket.userName, socket.socketId, filed);
  return [...byGroup(chats)].flatMap(([group, ofGroup]) => [
    ...ofGroup.map((chat) => notificationFrame('$.chat.join', [{ chat }])),
    notificationFrame('$.group.restored', [{ group }]),
  ]);
}
