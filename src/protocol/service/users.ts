/** What the service itself asks about users. */
import Type from 'typebox';
import { optional, request, required } from '../declare.ts';
import { deviceIdLength } from '../params/limits.ts';
import { Count, ListName, UserName } from '../params/types.ts';
import { AddUserOptions, ApiPageOptions, NamesPage, Reason, UserDetails } from './types.ts';

export const serverUserRequests = {
  addUser: request({
    doc: 'Makes a user, who can be written to and act before it has ever logged in. A login makes a user, too.',
    params: { userName: required(UserName), options: optional(AddUserOptions) },
    result: Type.Null(),
    errors: ['invalidName', 'userExists', 'listLimitExceeded'],
    access: 'service',
    example: { params: ['alice', { blacklist: ['mallory'] }], result: null },
  }),

  deleteUser: request({
    doc: 'Deletes a user who has no sockets, with its lists, its session and its resume tokens. It is a member of rooms no more, but of those that it owns. What it wrote, owns, and is listed in stays; of its conversations the other side keeps what was said, and a later user of the name does not see it.',
    params: { userName: required(UserName) },
    result: Type.Null(),
    errors: ['noUser', 'userOnline'],
    access: 'service',
    example: { params: ['alice'], result: null },
  }),

  hasUser: request({
    doc: 'Tells whether there is such a user, online or not.',
    params: { userName: required(UserName) },
    result: Type.Boolean(),
    errors: [],
    access: 'service',
    example: { params: ['alice'], result: true },
  }),

  userHasInList: request({
    doc: "Tells whether a name is in a user's own list, `whitelist` or `blacklist`.",
    params: { userName: required(UserName), listName: required(ListName), item: required(UserName) },
    result: Type.Boolean(),
    errors: ['noUser', 'noList'],
    access: 'service',
    example: { params: ['alice', 'blacklist', 'mallory'], result: true },
  }),

  hasDirectAccess: request({
    doc: "Tells whether the recipient's lists and mode let the sender write to it. Not if there is no such recipient, or both are the same.",
    params: { recipient: required(UserName), sender: required(UserName) },
    result: Type.Boolean(),
    errors: [],
    access: 'service',
    example: { params: ['alice', 'bob'], result: true },
  }),

  disconnectUserSockets: request({
    doc: 'Closes all sockets of a user on all nodes with code 4502, behind what they are being sent. Gives how many there were; each node closes its own a moment later.',
    params: { userName: required(UserName), reason: optional(Reason) },
    result: Count,
    errors: ['noUser'],
    access: 'service',
    example: { params: ['alice', 'the account is closed'], result: 2 },
  }),

  revokeLogins: request({
    doc: 'Ends the logins of a user, or of one device: tokens whose `iat` is not after this second, or missing, are refused from now on, and so are resume tokens issued up to now; all open sockets are closed with code 4502, and no login that is under way stays. Of a device, what counts are logins that name it. Gives how many sockets there were.',
    params: {
      userName: required(UserName),
      deviceId: optional(Type.String({ maxLength: deviceIdLength, description: 'Of this device only.' })),
    },
    result: Count,
    errors: ['noUser', 'listLimitExceeded'],
    access: 'service',
    example: { params: ['alice', 'phone'], result: 1 },
  }),

  userGet: request({
    doc: 'Describes a user: its sockets on all nodes, and the sizes of its lists.',
    params: { userName: required(UserName) },
    result: UserDetails,
    errors: ['noUser', 'listTooLong'],
    access: 'service',
    example: {
      params: ['alice'],
      result: {
        userName: 'alice',
        online: true,
        sockets: [{ socketId: 'K7Zk2vXQ', nodeId: 'n8Jd0w', rooms: ['lobby'] }],
        whitelistOnly: false,
        sizes: { whitelist: 0, blacklist: 1 },
      },
    },
  }),

  usersList: request({
    doc: 'Gives the names of all users, online or not, page by page.',
    params: { options: optional(ApiPageOptions) },
    result: NamesPage,
    errors: [],
    access: 'service',
    example: { params: [{ limit: 100 }], result: { names: ['alice', 'bob'], cursor: null } },
  }),
};
