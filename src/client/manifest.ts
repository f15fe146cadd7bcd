/**
 * What a client has to know of the catalogue when it runs: names, counts, flags. Generated from the declarations by
 * `npm run docs`; do not edit.
 */

export interface RequestEntry {
  /** Names of the params, in the order of the wire. */
  readonly params: readonly string[];
  /** So many of them at least must be sent. */
  readonly required: number;
  /** Indexes of those that are the application's own: any value or any map, and not made of names and ids. */
  readonly free?: readonly number[];
  /** Made twice it gives the same and changes nothing more. */
  readonly reads?: true;
  /** It can fail with `messageTooLarge`. */
  readonly sized?: true;
}

// prettier-ignore
export const requests: Readonly<Record<string, RequestEntry>> = {
  login: { params: ['credentials'], required: 1 },
  loginRefresh: { params: ['token'], required: 1 },
  disconnect: { params: [], required: 0 },
  ping: { params: [], required: 0, reads: true },
  roomCreate: { params: ['roomName', 'whitelistOnly', 'options'], required: 1 },
  roomDelete: { params: ['roomName'], required: 1 },
  roomJoin: { params: ['roomName', 'options'], required: 1 },
  roomsJoin: { params: ['rooms'], required: 1 },
  roomLeave: { params: ['roomName', 'options'], required: 1 },
  roomMessage: { params: ['roomName', 'message', 'options'], required: 2, free: [1], sized: true },
  roomUserlistGet: { params: ['roomName', 'options'], required: 1, reads: true },
  roomGetOwner: { params: ['roomName'], required: 1, reads: true },
  roomNotificationsInfo: { params: ['roomName'], required: 1, reads: true },
  roomUserSeen: { params: ['roomName', 'userName'], required: 2, reads: true },
  roomAddToList: { params: ['roomName', 'listName', 'userNames', 'options'], required: 3 },
  roomRemoveFromList: { params: ['roomName', 'listName', 'userNames', 'options'], required: 3 },
  roomGetAccessList: { params: ['roomName', 'listName', 'options'], required: 2, reads: true },
  roomSetWhitelistMode: { params: ['roomName', 'mode'], required: 2 },
  roomGetWhitelistMode: { params: ['roomName'], required: 1, reads: true },
  roomRecentHistory: { params: ['roomName'], required: 1, reads: true },
  roomHistoryGet: { params: ['roomName', 'id', 'limit'], required: 3, reads: true },
  roomHistorySearch: { params: ['roomName', 'options'], required: 1, reads: true },
  roomHistoryInfo: { params: ['roomName'], required: 1, reads: true },
  directMessage: { params: ['userName', 'message', 'options'], required: 2, free: [1], sized: true },
  directHistoryGet: { params: ['userName', 'options'], required: 1, reads: true },
  directHistorySearch: { params: ['userName', 'options'], required: 1, reads: true },
  directMessageRead: { params: ['userName', 'upToId'], required: 2 },
  missedMessagesGet: { params: [], required: 0 },
  directAddToList: { params: ['listName', 'userNames'], required: 2 },
  directRemoveFromList: { params: ['listName', 'userNames'], required: 2 },
  directGetAccessList: { params: ['listName', 'options'], required: 1, reads: true },
  directSetWhitelistMode: { params: ['mode'], required: 1 },
  directGetWhitelistMode: { params: [], required: 0, reads: true },
  sessionGet: { params: [], required: 0, reads: true },
  listOwnSockets: { params: [], required: 0, reads: true },
  systemMessage: { params: ['data'], required: 1, free: [0], sized: true },
  userDetails: { params: [], required: 0 },
  contactAdd: { params: ['userName'], required: 1 },
  contactRemove: { params: ['userName'], required: 1 },
  contactList: { params: ['options'], required: 0, reads: true },
  usersOnline: { params: ['userNames'], required: 1, reads: true },
  profileSet: { params: ['changes'], required: 1, free: [0] },
  profileGet: { params: ['userName'], required: 0, reads: true },
  unreadGet: { params: [], required: 0, reads: true },
  roomMessageRead: { params: ['roomName', 'upToId'], required: 2 },
  conversationCreate: { params: ['options'], required: 0 },
  roomInfo: { params: ['roomName'], required: 1, reads: true },
  roomList: { params: ['options'], required: 0, reads: true },
  roomMute: { params: ['roomName'], required: 1 },
  roomUnmute: { params: ['roomName'], required: 1 },
  roomMembersAdd: { params: ['roomName', 'userNames', 'options'], required: 2 },
  roomMembersRemove: { params: ['roomName', 'userNames', 'options'], required: 2 },
  roomMemberJoin: { params: ['roomName', 'options'], required: 1 },
  roomMemberQuit: { params: ['roomName', 'options'], required: 1 },
  roomMembersGet: { params: ['roomName', 'options'], required: 1, reads: true },
  roomRoleSet: { params: ['roomName', 'userName', 'role'], required: 3 },
  roomAttributesGet: { params: ['roomName'], required: 1, reads: true },
  roomAttributesSet: { params: ['roomName', 'changes', 'options'], required: 2, free: [1] },
  roomSilence: { params: ['roomName', 'userNames', 'options'], required: 2 },
  roomUnsilence: { params: ['roomName', 'userNames'], required: 2 },
  roomSilencedGet: { params: ['roomName', 'options'], required: 1, reads: true },
  roomSlowModeSet: { params: ['roomName', 'ms'], required: 2 },
  userStateSet: { params: ['changes'], required: 1, free: [0] },
  userStateGet: { params: ['userName'], required: 1, reads: true },
};

export const notifications: ReadonlySet<string> = new Set([
  'loginConfirmed',
  'loginRejected',
  'socketConnectEcho',
  'socketDisconnectEcho',
  'loginConflict',
  'roomMessage',
  'roomJoinedEcho',
  'roomLeftEcho',
  'roomUserJoined',
  'roomUserLeft',
  'roomAccessRemoved',
  'roomUserlistChanged',
  'roomAccessListAdded',
  'roomAccessListRemoved',
  'roomModeChanged',
  'roomReset',
  'directMessage',
  'directMessageEcho',
  'missedMessages',
  'directMessageStatus',
  '$.chat.join',
  '$.chat.leave',
  '$.group.restored',
  'systemMessage',
  'contactAdded',
  'contactAddedEcho',
  'contactRemoved',
  'contactRemovedEcho',
  'contactStatusChanged',
  'inboxPosition',
  'inboxReset',
  'unreadCounts',
  'roomReadEcho',
  'roomInvited',
  'roomKicked',
  'roomMembersAdded',
  'roomMembersRemoved',
  'roomRoleChanged',
  'roomMuteEcho',
  'roomAttributesChanged',
  'roomSilenced',
  'roomUnsilenced',
  'roomSlowModeChanged',
  'userStateChanged',
  'goAway',
]);

/** With these the same request may succeed later. */
export const temporaryErrors: ReadonlySet<string> = new Set([
  'timeout',
  'unavailable',
  'tooManyRequests',
  'tooManySockets',
]);

/** Why connections are closed, and whether to come back. */
export const closeCodes = {
  normal: { code: 1000, comeBack: false },
  frameTooLarge: { code: 1009, comeBack: false },
  goAway: { code: 4000, comeBack: true },
  slowConsumer: { code: 4001, comeBack: true },
  nodeLost: { code: 4002, comeBack: true },
  pingTimeout: { code: 4003, comeBack: true },
  loginTimeout: { code: 4004, comeBack: true },
  serverError: { code: 4005, comeBack: true },
  tooManyRequests: { code: 4006, comeBack: true },
  protocolError: { code: 4500, comeBack: false },
  loginRejected: { code: 4501, comeBack: false },
  disconnectForced: { code: 4502, comeBack: false },
  loginConflict: { code: 4503, comeBack: false },
  tokenExpired: { code: 4504, comeBack: false },
  notSupported: { code: 4505, comeBack: false },
} as const;
