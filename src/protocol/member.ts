/** Who belongs to a room, whether online or not, and in which role. Who is in it just now: membership.ts. */
import Type, { type Static } from 'typebox';
import { AttributeMap } from './attributes.ts';
import { Signature } from './connection.ts';
import { carries, existing, JOINED_AND_ASKER, notification, optional, request, required } from './declare.ts';
import type { ValueMap } from './params/values.ts';
import {
  By,
  Count,
  ErrorValue,
  ListNames,
  NextCursor,
  PageOptions,
  RoomName,
  Timestamp,
  UserName,
} from './params/types.ts';
import { encodeValue } from './wire/msgpack.ts';
import { opening } from './wire/opening.ts';
import { concat } from './wire/pack.ts';

export const Role = Type.Union([Type.Literal('owner'), Type.Literal('admin'), Type.Literal('member')], {
  title: 'Role',
  description: '`admin`: on the adminlist.',
});
export type Role = Static<typeof Role>;

export const MemberOptions = Type.Object(
  { signature: Type.Optional(Signature) },
  {
    title: 'MemberOptions',
    description:
      'Where the service asks for it: a signature over `invite:U:R:names:timestamp:nonce` to add or join, `kick:…` to remove or quit, of the user U who asks, the room R and the names in the order of their bytes, joined by `:`; of oneself, the own name.',
  },
);
export type MemberOptions = Static<typeof MemberOptions>;

export const MembersChanged = Type.Object(
  {
    done: Type.Array(UserName),
    failed: Type.Array(
      Type.Object(
        { userName: UserName, error: ErrorValue },
        { title: 'MemberFailed', description: 'Who was not, and why.' },
      ),
    ),
  },
  {
    title: 'MembersChanged',
    description: 'Of the names given, for whom it was done; who was a member already, or none, counts as done.',
  },
);
export type MembersChanged = Static<typeof MembersChanged>;

export const MemberInfo = Type.Object(
  {
    userName: UserName,
    role: Role,
    silencedUntil: Type.Optional(
      Type.Union([Timestamp, Type.Null()], { description: 'Where the member may not post: until when, nil for good.' }),
    ),
    online: Type.Boolean({ description: 'Has a socket, in whatever room, and no block hides that from who asks.' }),
  },
  { title: 'MemberInfo', description: 'A member of a room.' },
);
export type MemberInfo = Static<typeof MemberInfo>;

export const MembersPage = Type.Object(
  {
    members: Type.Array(MemberInfo),
    cursor: NextCursor,
    count: Count,
  },
  { title: 'MembersPage', description: 'Members in the order of their names.' },
);
export type MembersPage = Static<typeof MembersPage>;

export const memberRequests = {
  roomMembersAdd: request({
    doc: 'Adds members: by the owner and admins, and by every member where the room has `invites: "members"`. In part: each name is judged by itself. Who is blacklisted is not added (`notAllowed`), nor who is unknown (`noUser`). Where what could be said of each does not fit into a response it is `listTooLong`, and nothing is done.',
    params: { roomName: existing(RoomName), userNames: required(ListNames), options: optional(MemberOptions) },
    result: MembersChanged,
    errors: ['noRoom', 'notAllowed', 'badSignature', 'listLimitExceeded', 'quotaExceeded', 'listTooLong'],
    access: 'user',
    cost: { units: 2, each: { param: 'userNames', units: 0.3 }, page: true },
    example: { params: ['lobby', ['bob']], result: { done: ['bob'], failed: [] } },
  }),

  roomMembersRemove: request({
    doc: 'Removes members: by the owner and admins; the owner cannot be removed. Who is not admitted otherwise is out of the room when it is answered.',
    params: { roomName: existing(RoomName), userNames: required(ListNames), options: optional(MemberOptions) },
    result: MembersChanged,
    errors: ['noRoom', 'notAllowed', 'badSignature', 'listTooLong'],
    access: 'user',
    cost: { units: 2, each: { param: 'userNames', units: 0.3 }, page: true },
    example: { params: ['lobby', ['bob']], result: { done: ['bob'], failed: [] } },
  }),

  roomMemberJoin: request({
    doc: 'Makes the caller a member of a room that it may join.',
    params: { roomName: existing(RoomName), options: optional(MemberOptions) },
    result: Type.Null(),
    errors: ['noRoom', 'notAllowed', 'badSignature', 'listLimitExceeded', 'quotaExceeded', 'tooManyRooms'],
    access: 'user',
    on: 'user',
    cost: { units: 2 },
    example: { params: ['lobby'], result: null },
  }),

  roomMemberQuit: request({
    doc: 'The caller belongs to the room no more; the owner cannot quit. Where it is not admitted otherwise it is out of the room as well.',
    params: { roomName: existing(RoomName), options: optional(MemberOptions) },
    result: Type.Null(),
    errors: ['noRoom', 'notAllowed', 'badSignature'],
    access: 'user',
    on: 'user',
    cost: { units: 2 },
    example: { params: ['lobby'], result: null },
  }),

  roomMembersGet: request({
    doc: 'Gives the members of the room page by page, for members, who is in it, its owner and admins.',
    params: { roomName: existing(RoomName), options: optional(PageOptions) },
    result: MembersPage,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    cost: { units: 5, page: true },
    example: {
      params: ['lobby', { limit: 2 }],
      result: {
        members: [
          { userName: 'alice', role: 'owner', online: true },
          { userName: 'bob', role: 'member', online: false },
        ],
        cursor: null,
        count: 2,
      },
    },
  }),

  roomRoleSet: request({
    doc: 'Gives a member another role: `admin` puts it on the adminlist, `member` takes it off. For the owner of the room; nobody is made owner by it.',
    params: { roomName: existing(RoomName), userName: required(UserName), role: required(Role) },
    result: Type.Null(),
    errors: ['noRoom', 'notAllowed', 'noMember', 'listLimitExceeded', 'quotaExceeded'],
    access: 'user',
    cost: { units: 2 },
    example: { params: ['lobby', 'bob', 'admin'], result: null },
  }),
};

export const memberNotifications = {
  roomInvited: notification({
    doc: 'The user was made a member of a room, by somebody or by itself on another device. In the inbox.',
    params: [
      carries(
        'invitation',
        Type.Object(
          { roomName: RoomName, by: By, attributes: AttributeMap },
          { title: 'Invitation', description: 'To which room, by whom, and what it is about.' },
        ),
      ),
    ],
    audience: 'All sockets of the user, joined or not.',
    example: [{ roomName: 'lobby', by: 'alice', attributes: { title: 'Tea' } }],
  }),

  roomKicked: notification({
    doc: 'The user is no member of the room any more, by somebody or by itself on another device. In the inbox.',
    params: [
      carries(
        'removal',
        Type.Object({ roomName: RoomName, by: By }, { title: 'Kick', description: 'From which room, by whom.' }),
      ),
    ],
    audience: 'All sockets of the user, joined or not.',
    example: [{ roomName: 'lobby', by: 'alice' }],
  }),

  roomMembersAdded: notification({
    doc: 'Users were made members, who were none.',
    params: [carries('roomName', RoomName), carries('userNames', ListNames), carries('by', By)],
    audience: JOINED_AND_ASKER,
    example: ['lobby', ['bob'], 'alice'],
  }),

  roomMembersRemoved: notification({
    doc: 'Users are members no more. It comes before what is told of their leaving the room.',
    params: [carries('roomName', RoomName), carries('userNames', ListNames), carries('by', By)],
    audience: JOINED_AND_ASKER,
    example: ['lobby', ['bob'], 'alice'],
  }),

  roomRoleChanged: notification({
    doc: 'A member has another role.',
    params: [carries('roomName', RoomName), carries('userName', UserName), carries('role', Role), carries('by', By)],
    audience: JOINED_AND_ASKER,
    example: ['lobby', 'bob', 'admin', 'alice'],
  }),
};

/** `prefix ++ names ++ by` is one of these, names and by in MessagePack: which names only the store knows. */
export const membersPrefix = (name: 'roomMembersAdded' | 'roomMembersRemoved', roomName: string): Uint8Array =>
  concat([opening(name, 3), encodeValue(roomName)]);

/** `by` is undefined for the service. */
export const invitedFrame = (roomName: string, by: string | undefined, attributes: ValueMap): Uint8Array =>
  concat([opening('roomInvited', 1), encodeValue({ roomName, by: by ?? null, attributes })]);

export const kickedFrame = (roomName: string, by: string | undefined): Uint8Array =>
  concat([opening('roomKicked', 1), encodeValue({ roomName, by: by ?? null })]);
