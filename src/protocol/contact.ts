/** Contacts: users who see each other come and go, and what each shows of itself. */
import Type, { type Static } from 'typebox';
import { carries, notification, optional, OTHERS, request, required } from './declare.ts';
import { Count, NextCursor, PageOptions, Timestamp, UserName } from './params/types.ts';
import type { ValueMap } from './params/values.ts';

const Status = Type.Union([Type.Literal('online'), Type.Literal('offline')], {
  description: 'A user is online from its first socket on, and for a moment after its last one.',
});

const LastOnline = Type.Union([Timestamp, Type.Null()], {
  description:
    'When its last socket went: of the stay before this one while it has a socket, of this one while it is only online for the moment after. Nil if that never was.',
});

const presence = { userName: UserName, status: Status, lastOnline: LastOnline };

export const Profile = Type.Unsafe<ValueMap>({
  type: 'object',
  title: 'Profile',
  required: ['userName', 'status', 'lastOnline'],
  properties: presence,
  description:
    'A user as another one sees it, with the fields beside these that it has set, as far as the operator shows them. Between users of whom one blocks the other, both are `offline`, and `lastOnline` is nil.',
});

export const ContactPage = Type.Object(
  {
    contacts: Type.Array(Profile),
    cursor: NextCursor,
    count: Count,
  },
  { title: 'ContactPage', description: 'One page of contacts, in the order of their names, and how many there are.' },
);

export type ContactPage = Static<typeof ContactPage>;

export const PresenceChange = Type.Object(presence, {
  title: 'PresenceChange',
  description: 'A user has come or gone.',
});

export const ProfileChanges = Type.Unsafe<ValueMap>({
  type: 'object',
  title: 'ProfileChanges',
  description:
    "Fields by name, nil for one that goes. `userName`, `status` and `lastOnline` are the service's: with one of them it is a `badArgument`.",
});

/** Names that `usersOnline` takes. */
const ONLINE_NAMES_MAX = 100;

export const contactRequests = {
  contactAdd: request({
    doc: "Makes another user a contact, and the caller one of its own: each sees the other come and go. The other's lists decide, as for `directMessage`; who blocks a user cannot add it. Gives its profile. Whoever is a contact already stays one, and nobody is told.",
    params: { userName: required(UserName) },
    result: Profile,
    errors: ['noUser', 'notAllowed', 'listLimitExceeded'],
    access: 'user',
    on: 'user',
    order: { user: 'userName' },
    cost: { units: 5, spread: { user: 'userName' } },
    example: { params: ['bob'], result: { userName: 'bob', status: 'online', lastOnline: null, fullName: 'Bob B.' } },
  }),

  contactRemove: request({
    doc: 'Ends a contact on both sides. Without one it is nil as well, and nobody is told.',
    params: { userName: required(UserName) },
    result: Type.Null(),
    errors: [],
    access: 'user',
    on: 'user',
    order: { user: 'userName' },
    cost: { units: 3, spread: { user: 'userName' } },
    example: { params: ['bob'], result: null },
  }),

  contactList: request({
    doc: "Gives the profiles of the caller's contacts, in the order of their names; with options a page of them. Each profile costs 0.2 units more. What `contactStatusChanged` has told since the request is newer than its reply. `listTooLong` where all together are more than a response holds.",
    params: { options: optional(PageOptions) },
    result: Type.Union([Type.Array(Profile), ContactPage]),
    errors: ['listTooLong'],
    access: 'user',
    reads: true,
    on: 'user',
    order: 'self',
    cost: { units: 5, page: true },
    example: { params: [], result: [{ userName: 'bob', status: 'offline', lastOnline: 1767225600500 }] },
  }),

  usersOnline: request({
    doc: 'Tells which of some users are online. Who is not known is not, and neither is who blocks the caller or is blocked by it. `listTooLong` where they are more than a response holds: ask for fewer.',
    params: {
      userNames: required(
        Type.Array(UserName, { maxItems: ONLINE_NAMES_MAX, description: `At most ${ONLINE_NAMES_MAX} users.` }),
      ),
    },
    result: Type.Array(UserName),
    errors: ['listTooLong'],
    access: 'user',
    reads: true,
    on: 'user',
    cost: { units: 1, each: { param: 'userNames', units: 0.2 }, page: true },
    example: { params: [['bob', 'carol']], result: ['bob'] },
  }),

  profileSet: request({
    doc: 'Changes fields of what the caller shows of itself, by which others may know it. All fields as one map take at most 8192 bytes in MessagePack, else `quotaExceeded("profile")`.',
    params: { changes: required(ProfileChanges) },
    result: Type.Null(),
    errors: ['quotaExceeded'],
    access: 'user',
    on: 'user',
    order: 'self',
    cost: { units: 1 },
    example: { params: [{ fullName: 'Alice A.', title: null }], result: null },
  }),

  profileGet: request({
    doc: "Gives the profile of a user, the caller's own without a name.",
    params: { userName: optional(UserName) },
    result: Profile,
    errors: ['noUser'],
    access: 'user',
    reads: true,
    on: 'user',
    order: 'self',
    cost: { units: 1 },
    example: { params: [], result: { userName: 'alice', status: 'online', lastOnline: null, fullName: 'Alice A.' } },
  }),
};

const EITHER = 'All sockets of the user';

export const contactNotifications = {
  contactAdded: notification({
    doc: 'Another user has made this one a contact, and is one of its own now.',
    params: [carries('profile', Profile)],
    audience: `${EITHER} that was added.`,
    example: [{ userName: 'alice', status: 'online', lastOnline: null }],
  }),

  contactAddedEcho: notification({
    doc: 'Another socket of the user has made somebody a contact.',
    params: [carries('profile', Profile)],
    audience: OTHERS,
    example: [{ userName: 'bob', status: 'offline', lastOnline: 1767225600500 }],
  }),

  contactRemoved: notification({
    doc: 'Another user, who was a contact, is none any more: it has ended that, or was deleted.',
    params: [carries('userName', UserName)],
    audience: `${EITHER} that was removed.`,
    example: ['alice'],
  }),

  contactRemovedEcho: notification({
    doc: 'Another socket of the user has ended a contact.',
    params: [carries('userName', UserName)],
    audience: OTHERS,
    example: ['bob'],
  }),

  contactStatusChanged: notification({
    doc: 'A contact has come, with its first socket, or gone: `PARLEY_PRESENCE_GRACE_MS` after its last one, at once where that was by `disconnect`. It may be told twice; of a user who comes and goes all the time, what is so about once a second.',
    params: [carries('presence', PresenceChange)],
    audience: 'All sockets of each contact; not between users of whom one blocks the other.',
    example: [{ userName: 'bob', status: 'online', lastOnline: 1767225600500 }],
  }),
};

/** The fields of a profile that are not its user's to set. */
export const OWN_FIELDS: ReadonlySet<string> = new Set(Object.keys(presence));
