/** A user's own sockets and its login: what concerns no room and nobody else. */
import { fail, Failure } from '../protocol/errors.ts';
import { notificationFrame } from '../protocol/frame.ts';
import type { Handlers } from './caller.ts';
import type { Services } from './services.ts';

type UserHandlers = Pick<Handlers, 'ping' | 'loginRefresh' | 'disconnect' | 'listOwnSockets' | 'systemMessage'>;

export function userHandlers({ users, authenticator }: Services): UserHandlers {
  return {
    ping: () => Date.now(),

    async loginRefresh(caller, { token }) {
      const identity = await authenticator.verify(token);
      if (identity instanceof Failure)
        return identity.code === 'tokenExpired' ? fail('tokenExpired') : fail('badToken');
      if (identity.userName !== caller.userName) return fail('notAllowed');
      caller.expiresAt = identity.expiresAt;
      return identity.expiresAt ?? null;
    },

    async disconnect(caller) {
      await users.removeResumeTokens(caller.userName, caller.resumeFamily);
      caller.disconnect();
      return null;
    },

    async listOwnSockets(caller) {
      const sockets = await users.listSockets(caller.userName);
      return Object.fromEntries([...sockets].map(([socketId, { rooms }]) => [socketId, rooms]));
    },

    async systemMessage(caller, { data }) {
      await users.notifyOthers(caller.userName, caller.socketId, notificationFrame('systemMessage', [data]));
      return null;
    },
  };
}
