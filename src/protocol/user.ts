/** The caller's own user and its other sockets. */
import Type, { type Static } from 'typebox';
import { carries, notification, OTHERS, request, required } from './declare.ts';
import { Profile } from './contact.ts';
import { ProcessedMessage } from './message.ts';
import { SessionChats } from './session.ts';
import { AnyValue, RoomName } from './params/types.ts';
import { UnreadCount } from './unread.ts';

export const OwnDetails = Type.Object(
  {
    user: Profile,
    contacts: Type.Array(Profile, {
      description: 'The first of them, in the order of their names, as `contactList` gives them.',
    }),
    missed: Type.Record(Type.String(), Type.Array(ProcessedMessage), {
      description:
        'As `missedMessagesGet` gives it, and marked as sent like that; empty where the service keeps no messages.',
    }),
    unread: Type.Array(UnreadCount, { description: 'As `unreadGet` gives it.' }),
    session: SessionChats,
    more: Type.Object(
      {
        contacts: Type.Optional(
          Type.String({
            description:
              'There are more contacts: the cursor of `contactList` for the next page, empty where all were left out.',
          }),
        ),
        unread: Type.Optional(Type.Boolean({ description: 'What is unread was left out: ask `unreadGet`.' })),
        missed: Type.Optional(Type.Boolean({ description: 'More was missed: ask `missedMessagesGet`.' })),
        session: Type.Optional(
          Type.Boolean({ description: 'The session does not fit and was left out: ask `sessionGet`.' }),
        ),
      },
      { title: 'DetailsLeft', description: 'What is not whole; empty where all is.' },
    ),
  },
  { title: 'OwnDetails', description: 'What a client shows of its user first.' },
);
export type OwnDetails = Static<typeof OwnDetails>;

export const userRequests = {
  listOwnSockets: request({
    doc: "Gives the user's sockets on all nodes, each with the rooms it has joined; `listTooLong` with the number of sockets where that is more than a response holds.",
    params: {},
    result: Type.Record(Type.String(), Type.Array(RoomName)),
    errors: ['listTooLong'],
    access: 'user',
    reads: true,
    on: 'user',
    order: 'self',
    cost: { units: 5, page: true },
    example: { params: [], result: { K7Zk2vXQ: ['lobby'], p0Qw9eRt: [] } },
  }),

  systemMessage: request({
    doc: "Sends any value of at most `limits.messageBytes` to the user's other sockets.",
    params: { data: required(AnyValue) },
    result: Type.Null(),
    errors: ['messageTooLarge'],
    access: 'user',
    on: 'user',
    order: 'self',
    cost: { units: 1 },
    example: { params: [{ theme: 'dark' }], result: null },
  }),

  userDetails: request({
    doc: 'Gives in one reply what a client needs to know of its user: its profile, its contacts, what it missed, what it has not read, its session; each as its own request does, but of a quarter of the bytes that a response may have. What was left out is said, and given by that request. Costs what they cost.',
    params: {},
    result: OwnDetails,
    errors: [],
    access: 'user',
    on: 'user',
    order: 'self',
    cost: { units: 20, page: true },
    example: {
      params: [],
      result: {
        user: { userName: 'alice', status: 'online', lastOnline: null },
        contacts: [{ userName: 'bob', status: 'offline', lastOnline: 1767225600500 }],
        missed: {},
        unread: [],
        session: { custom: { lobby: { name: 'lobby', group: 'custom', private: false, meta: {} } } },
        more: {},
      },
    },
  }),
};

export const userNotifications = {
  systemMessage: notification({
    doc: 'Another socket of the user sent this value.',
    params: [carries('data', AnyValue)],
    audience: OTHERS,
    example: [{ theme: 'dark' }],
  }),
};
