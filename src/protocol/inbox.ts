/**
 * The inbox: the log of a user's notices, from which a device that comes back is told what it has missed, by the position up to which
 * it has come.
 */
import Type, { type Static } from 'typebox';
import { carries, notification } from './declare.ts';
import { Epoch } from './params/types.ts';

export const InboxPosition = Type.Object(
  {
    epoch: Epoch,
    seq: Type.Integer({ minimum: 0 }),
    timestamp: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'When the notice of that number was told, which shows, while that is kept, whether the log still has it. Only for who asks by `inboxTimestamps`; absent where it is not known, as before the first one.',
      }),
    ),
  },
  {
    title: 'InboxPosition',
    description:
      "Position in the log of the user's notices. A device begins with that of its first login and moves by `inboxPosition` and `inboxReset` only. Naming it in a later login, whole as it was given, it is told what it has missed, in order, before what is told of the session, and before live notices.",
  },
);
export type InboxPosition = Static<typeof InboxPosition>;

export const inboxNotifications = {
  inboxPosition: notification({
    doc: "The device has come to this place in the log of its user's notices. It follows, in the same frame, each `directMessage`, `directMessageEcho`, `directMessageChanged`, `directMessageStatus`, `contactAdded`, `contactAddedEcho`, `contactRemoved`, `contactRemovedEcho`, `roomAccessRemoved`, `roomInvited`, `roomKicked`, `roomReadEcho`, `$.chat.join` and `$.chat.leave` that is in the log; transient messages are not. What the socket did itself, what is for sockets with `enableSync` where it is none, and what it was told already, comes to it as `inboxPosition` alone.",
    params: [carries('position', InboxPosition)],
    audience: 'All sockets of the user.',
    example: [{ epoch: '5feceb66', seq: 12 }],
  }),

  inboxReset: notification({
    doc: 'What this device has missed since the position that it named cannot be told: it is too much, or of another life of the log, or of notices that a failover of Redis lost. What it shows of conversations, contacts and the session is to be read again; it is at this position now.',
    params: [carries('position', InboxPosition)],
    audience: 'A socket that has named a position in its login, after `loginConfirmed`.',
    example: [{ epoch: '5feceb66', seq: 1200 }],
  }),
};
