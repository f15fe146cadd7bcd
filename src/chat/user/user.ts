/** A user's own sockets and its login: what concerns no room and nobody else. */
import { spreadUnits } from '../../protocol/params/cost.ts';
import { fail, failBecause, Failure, hasCode, messageTooLarge } from '../../protocol/errors/errors.ts';
import type { connectionRequests } from '../../protocol/connection.ts';
import type { userRequests } from '../../protocol/user.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { encodeShared } from '../../protocol/wire/msgpack.ts';
import type { Caller, HandlersOf } from '../caller.ts';
import { ok } from '../outcome.ts';
import { askToConnect } from '../hooks/points.ts';
import { badToken, tokenRevoked } from '../auth/token-faults.ts';
import { namesSize } from '../access/lists.ts';
import { socketPages } from './socket-list.ts';
import type { Services } from '../services.ts';
import { userDetails } from './details.ts';

/** The gateway has the connections; what they ask for is about their user. */
type UserHandlers = HandlersOf<typeof connectionRequests & typeof userRequests>;

export function userHandlers(services: Services): UserHandlers {
  const { users, authenticator, audience, settings, hooks, wills } = services;
  return {
    ping: () => ok(Math.floor(services.instance.redisNow())),
    userDetails: (by, _args, socket) => userDetails(services, by, socket),

    async loginRefresh(by, { token }, socket) {
      const identity = await authenticator.verify(token);
      if (identity instanceof Failure) {
        if (hasCode(identity, 'unavailable', 'tokenExpired', 'badToken')) return identity;
        return badToken('it names no valid user');
      }
      // The hook that chose the name at the login chooses it again.
      const asked = { credentials: { token }, reason: 'refresh', limits: settings.limits } as const;
      const connected = await askToConnect(hooks, socket.socketId, asked, identity);
      if (connected instanceof Failure) return connected;
      if (connected.userName !== by.author) return failBecause('notAllowed', [], 'the token is of another user');
      const shown = { issuedAt: identity.issuedAt ?? 0, device: socket.family, family: undefined };
      if (await users.isOver(by.author, shown)) return tokenRevoked();
      // Resume tokens given before keep the end of their chain; the next login by this token begins another.
      socket.closesAt = identity.closesAt;
      return ok(identity.expiresAt ?? null);
    },

    async disconnect(_by, _args, socket) {
      // From here on: it may close before Redis has answered.
      socket.onPurpose = true;
      try {
        await endLogins(users, socket);
        // Last: refused, it is still logged in, and may vanish.
        if (socket.hasWill) await wills.forget(socket);
      } catch (error) {
        socket.onPurpose = false;
        throw error;
      }
      // Not before the response: that of another request, sent in between, would close the socket first.
      return ok(null, { after: () => socket.disconnect() });
    },

    async listOwnSockets({ author, format }) {
      const found: Record<string, string[]> = {};
      let bytes = 0;
      for await (const page of socketPages(services, author)) {
        bytes += page.reduce((sum, { socketId, rooms }) => sum + namesSize([socketId, ...rooms], format), 0);
        if (bytes > settings.replyBytes) return fail('listTooLong', [(await users.readSockets(author)).size]);
        for (const { socketId, rooms } of page) found[socketId] = [...rooms];
      }
      return ok(found);
    },

    async systemMessage(by, { data }) {
      const { length } = encodeShared(data);
      if (length > settings.limits.messageBytes) return messageTooLarge(length, settings.limits);
      const frame = notificationFrame('systemMessage', [data]);
      by.spend(spreadUnits(audience.socketsOf(by.author).length, frame.length));
      await users.notifyOthers(by.author, by.exceptSocket, frame);
      return ok(null);
    },
  };
}

/** What the login of a socket has given to resume it. */
async function endLogins(
  users: Services['users'],
  { userName, issuedAt, family, chainFamily }: Pick<Caller, 'userName' | 'issuedAt' | 'family' | 'chainFamily'>,
): Promise<void> {
  for (const ended of chainFamily === undefined ? [family] : [family, chainFamily]) {
    await users.voidResumeTokens(userName, ended, issuedAt);
  }
}
