/** Connections: requests for the login and what keeps or ends it, and what a socket is told of its user's connections. */
import Type, { type Static } from 'typebox';
import { carries, notification, OTHERS, request, required } from './declare.ts';
import { InboxPosition } from './inbox.ts';
import { defaultLimits, deviceIdLength, nonceLength, tagLength } from './params/limits.ts';
import { Count, ErrorValue, SocketId, Timestamp, UserName } from './params/types.ts';

export const Signature = Type.Object(
  {
    signature: Type.String({ maxLength: 64, description: 'HMAC-SHA256 in lower-case hexadecimal digits.' }),
    timestamp: Type.Integer({ minimum: 0, description: 'When it was made, ms since the epoch.' }),
    nonce: Type.String({ minLength: 1, maxLength: nonceLength, description: 'Never used before.' }),
  },
  {
    title: 'Signature',
    description: "By the operator's own server, which has agreed to one thing by one user.",
  },
);
export type Signature = Static<typeof Signature>;

export const Credentials = Type.Object(
  {
    token: Type.Optional(Type.String({ description: 'JWT; its subject is the user name.' })),
    userName: Type.Optional(
      Type.String({ form: 'name', description: 'Accepted alone only by services in open mode (development).' }),
    ),
    anonymous: Type.Optional(Type.Boolean({ description: 'Log in under a random name, where that is allowed.' })),
    resumeToken: Type.Optional(
      Type.String({ description: 'From the AuthData of an earlier login of this device, which it names itself.' }),
    ),
    deviceId: Type.Optional(Type.String({ maxLength: deviceIdLength, description: 'Names this device to its user.' })),
    signature: Type.Optional(Signature),
    tag: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: tagLength,
        description:
          'Of the logins of a user with one tag a single device is there at a time. `default` stands for no tag, which conflicts with nothing.',
      }),
    ),
    isReconnect: Type.Optional(
      Type.Boolean({
        description: 'The device comes back by itself: where another one has the tag meanwhile, this login loses.',
      }),
    ),
    enableSync: Type.Optional(
      Type.Boolean({
        description: "This socket takes part in its user's session: rooms filed by one device are told to the others.",
      }),
    ),
    offlineMessages: Type.Optional(
      Type.Union([Type.Literal('unread'), Type.Literal('push'), Type.Literal('none')], {
        description:
          'What this socket is told of what was said while the user was away: `push`, the direct messages themselves, as `missedMessages` (with `inbox` as well a message comes from there only); `unread`, how many messages it has not read of users and rooms, now and when that changes elsewhere, as `unreadCounts`; `none` is the default.',
      }),
    ),
    inbox: Type.Optional(InboxPosition),
    inboxTimestamps: Type.Optional(
      Type.Boolean({
        description:
          'Positions in the inbox are told with the time of their notice, and named with it again. By that the service sees that a failover of Redis has lost what this device was told last.',
      }),
    ),
  },
  { title: 'Credentials', description: 'Who logs in.' },
);
export type Credentials = Static<typeof Credentials>;

const LimitsValue = Type.Object(
  {
    frameBytes: Type.Integer(),
    messageBytes: Type.Integer(),
    depth: Type.Integer(),
    nameBytes: Type.Integer(),
    roomsPerSocket: Type.Integer(),
    requestsInFlight: Type.Integer(),
    requestsPerSecond: Type.Integer(),
    historyMaxGetMessages: Type.Integer(),
    userlistPage: Type.Integer(),
    clientMessageIdLength: Type.Integer(),
    names: Type.Optional(
      Type.Literal('username', {
        description: 'Names are made by RFC 8265 (UsernameCaseMapped). Otherwise not there.',
      }),
    ),
  },
  { title: 'ServiceLimits', description: 'The limits of this service, as in the table of limits.' },
);

export const AuthData = Type.Object(
  {
    id: SocketId,
    userName: UserName,
    serverTime: Timestamp,
    heartbeatMs: Type.Integer({ minimum: 1, description: 'WebSocket pings come at least this often.' }),
    tokenExpiresAt: Type.Union([Timestamp, Type.Null()], {
      description:
        'When the socket is closed unless refreshed: of a resumed login the end of its chain. nil if it is not.',
    }),
    resumeToken: Type.String({ description: 'Logs the same user and device in again.' }),
    inbox: InboxPosition,
    protocol: Type.Literal(1, { description: 'Version of this protocol.' }),
    limits: LimitsValue,
  },
  {
    title: 'AuthData',
    description:
      'What a successful login gives. Claims of the token that the operator passes on are in it as well, under their own names; none replaces a field of this table. A login by `resumeToken` has those of the login that it resumes.',
  },
);
export type AuthData = Static<typeof AuthData>;

export const connectionRequests = {
  login: request({
    doc: 'Logs the socket in; it must be the first request. `loginConfirmed` comes before the response, or `loginRejected` and then the error response and close code 4501. After a login by `Authorization` header the first request may be one that names nobody: it fills in what a header cannot say (`deviceId`, `tag`, `isReconnect`, `enableSync`, `offlineMessages`, `inbox`, `inboxTimestamps`), with the same effects in the same order, and gives AuthData anew, without a second `loginConfirmed`. Until then, for a second or two, live notices wait.',
    params: { credentials: required(Credentials) },
    result: AuthData,
    errors: [
      'notAllowed',
      'invalidName',
      'badToken',
      'tokenExpired',
      'tooManySockets',
      'sessionConflict',
      'badSignature',
    ],
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
    reads: true,
    example: { params: [], result: 1767225600000 },
  }),
};

export const connectionNotifications = {
  loginConfirmed: notification({
    doc: 'The login is done.',
    params: [carries('userName', UserName), carries('authData', AuthData)],
    audience: 'This socket, before the response to `login`.',
    example: ['alice', connectionRequests.login.example.result],
  }),

  loginRejected: notification({
    doc: 'The login was refused; close code 4501 follows.',
    params: [carries('error', ErrorValue)],
    audience: 'This socket.',
    example: [{ code: 'badToken', args: [], message: 'The token is not valid.', temporary: false }],
  }),

  socketConnectEcho: notification({
    doc: 'Another socket of the user logged in; `nconnected` sockets are connected now.',
    params: [carries('id', SocketId), carries('nconnected', Count)],
    audience: OTHERS,
    example: ['K7Zk2vXQ', 2],
  }),

  socketDisconnectEcho: notification({
    doc: 'Another socket of the user went away; `nconnected` remain. It comes after the `roomLeftEcho` of its rooms.',
    params: [carries('id', SocketId), carries('nconnected', Count)],
    audience: OTHERS,
    example: ['K7Zk2vXQ', 1],
  }),

  loginConflict: notification({
    doc: 'Another device has logged in with the same tag and taken over; close code 4503 follows.',
    params: [carries('conflict', Type.Object({ reason: Type.String() }, { title: 'Conflict', description: 'Why.' }))],
    audience: 'The sockets of the older device that logged in with that tag.',
    example: [{ reason: 'another device has logged in with this tag' }],
  }),

  goAway: notification({
    doc: 'The node is leaving and closes the socket with 4000 soon. Come back after `reconnectDelayMs`.',
    params: [
      carries('reconnectDelayMs', Type.Integer({ minimum: 0, description: 'Wait this long before connecting.' })),
    ],
    audience: 'This socket.',
    example: [1500],
  }),
};
