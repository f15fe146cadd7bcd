/** Requests about the connection itself: login and what keeps or ends it. */
import Type from 'typebox';
import { request, required } from '../declare.ts';
import { defaultLimits } from '../limits.ts';
import { AuthData, Credentials, Timestamp } from '../types.ts';

export const connectionRequests = {
  login: request({
    doc: 'Logs the socket in; it must be the first request. `loginConfirmed` comes before the response, or `loginRejected` and then the error response and close code 4501.',
    params: { credentials: required(Credentials) },
    result: AuthData,
    errors: ['notAllowed', 'invalidName', 'badToken', 'tokenExpired', 'tooManySockets'],
    access: 'guest',
    on: 'connection',
    cost: { units: 4 },
    example: {
      params: [{ userName: 'alice' }],
      result: {
        id: 'K7Zk2vXQ',
        userName: 'alice',
        serverTime: 1767225600000,
        heartbeatMs: 25000,
        tokenExpiresAt: null,
        resumeToken: 'rt.example',
        inbox: { epoch: '5feceb66', seq: 0 },
        protocol: 1,
        limits: { ...defaultLimits },
      },
    },
  }),

  loginRefresh: request({
    doc: 'Replaces the token of the login by a newer one of the same user, so that the socket outlives the first, or the chain that it was resumed in. Gives the new expiry, nil if there is none. Resume tokens keep the end of their chain.',
    params: { token: required(Type.String({ description: 'A newer JWT.' })) },
    result: Type.Union([Timestamp, Type.Null()]),
    errors: ['badToken', 'tokenExpired', 'notAllowed'],
    access: 'user',
    on: 'connection',
    cost: { units: 3 },
    example: { params: ['eyJhbGciOiJIUzI1NiJ9.e30.c2ln'], result: 1767229200000 },
  }),

  disconnect: request({
    doc: 'Ends the login on purpose: the response, then a normal close. Presence changes at once, and all resume tokens of this device are void; without a `deviceId`, those of this chain of logins.',
    params: {},
    result: Type.Null(),
    errors: [],
    access: 'user',
    on: 'connection',
    example: { params: [], result: null },
  }),

  ping: request({
    doc: "Gives the server's time; shows that the connection and the service are alive.",
    params: {},
    result: Timestamp,
    errors: [],
    access: 'user',
    example: { params: [], result: 1767225600000 },
  }),
};
