/** Who may post in a room, and how often: silenced users, and slow mode. */
import Type, { type Static } from 'typebox';
import { SLOW_MODE_MS_MAX } from './conversation.ts';
import { carries, existing, JOINED_AND_ASKER, notification, optional, request, required } from './declare.ts';
import { By, ListNames, NextCursor, PageOptions, RoomName, Timestamp, UserName } from './params/types.ts';

export const SilenceOptions = Type.Object(
  { until: Type.Optional(Timestamp) },
  {
    title: 'SilenceOptions',
    description: 'Until when; for good where it is left out. A time that is past ends it at once.',
  },
);
export type SilenceOptions = Static<typeof SilenceOptions>;

const Until = Type.Union([Timestamp, Type.Null()], { description: 'Nil: for good.' });

export const SilencedPage = Type.Object(
  {
    silenced: Type.Array(
      Type.Object(
        { userName: UserName, until: Until },
        { title: 'Silenced', description: 'Who may not post, and until when.' },
      ),
    ),
    cursor: NextCursor,
  },
  { title: 'SilencedPage', description: 'Users who may not post in a room.' },
);
export type SilencedPage = Static<typeof SilencedPage>;

export const conductRequests = {
  roomSilence: request({
    doc: 'Users may not post in the room, be they in it or not: by the owner and admins; of admins by the owner; the owner cannot be silenced. What they post gets `silenced`. It ends by itself.',
    params: { roomName: existing(RoomName), userNames: required(ListNames), options: optional(SilenceOptions) },
    result: Type.Null(),
    errors: ['noRoom', 'notAllowed', 'invalidName', 'listLimitExceeded', 'quotaExceeded'],
    access: 'user',
    cost: { each: { param: 'userNames', units: 0.1 }, spread: { room: 'roomName' } },
    example: { params: ['lobby', ['mallory'], { until: 1767225600000 }], result: null },
  }),

  roomUnsilence: request({
    doc: 'Users may post again. Rights are those of `roomSilence`.',
    params: { roomName: existing(RoomName), userNames: required(ListNames) },
    result: Type.Null(),
    errors: ['noRoom', 'notAllowed', 'invalidName'],
    access: 'user',
    cost: { each: { param: 'userNames', units: 0.1 }, spread: { room: 'roomName' } },
    example: { params: ['lobby', ['mallory']], result: null },
  }),

  roomSilencedGet: request({
    doc: 'Gives who may not post in the room, page by page; whose time is over is not given.',
    params: { roomName: existing(RoomName), options: optional(PageOptions) },
    result: SilencedPage,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    cost: { units: 3, page: true },
    example: { params: ['lobby'], result: { silenced: [{ userName: 'mallory', until: 1767225600000 }], cursor: null } },
  }),

  roomSlowModeSet: request({
    doc: 'Sets how long each user, but the owner and admins, waits between two stored messages; 0 ends it. The owner and admins may. Posts that come sooner get `tooManyRequests` with `retryAfterMs`.',
    params: {
      roomName: existing(RoomName),
      ms: required(Type.Integer({ minimum: 0, maximum: SLOW_MODE_MS_MAX, description: 'Milliseconds.' })),
    },
    result: Type.Null(),
    errors: ['noRoom', 'notAllowed'],
    access: 'user',
    cost: { spread: { room: 'roomName' } },
    example: { params: ['lobby', 10000], result: null },
  }),
};

export const conductNotifications = {
  roomSilenced: notification({
    doc: 'Users may not post in the room, until a time, or for good where it is nil.',
    params: [
      carries('roomName', RoomName),
      carries('userNames', ListNames),
      carries('until', Until),
      carries('by', By),
    ],
    audience: JOINED_AND_ASKER,
    example: ['lobby', ['mallory'], 1767225600000, 'alice'],
  }),

  roomUnsilenced: notification({
    doc: 'Users may post again. Of a time that is over nothing is told.',
    params: [carries('roomName', RoomName), carries('userNames', ListNames), carries('by', By)],
    audience: JOINED_AND_ASKER,
    example: ['lobby', ['mallory'], 'alice'],
  }),

  roomSlowModeChanged: notification({
    doc: 'Another time is to pass between two messages of a user; 0 for none.',
    params: [carries('roomName', RoomName), carries('ms', Type.Integer({ minimum: 0 })), carries('by', By)],
    audience: JOINED_AND_ASKER,
    example: ['lobby', 10000, 'alice'],
  }),
};
