/** Every notification a server sends. When each is sent is also told by the request that causes it. */
import Type from 'typebox';
import { carries, notification } from './declare.ts';
import { AnyValue, AuthData, ChatNotice, Count, Epoch, ErrorValue, MessageId, ProcessedMessage } from './types.ts';
import { ListName, ListNames, RoomName, SocketId, UserName } from './types.ts';
import { connectionRequests } from './requests/connection.ts';

const OTHERS = "The user's other sockets, on any node.";
const JOINED = 'All sockets joined to the room.';
const LISTS = `${JOINED} Only in rooms with \`enableAccessListsUpdates\`. Those who lose the room by it hear it first.`;
const SYNCED = "The user's sockets that logged in with `enableSync`";

export const notifications = {
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

  roomMessage: notification({
    doc: 'A message was posted to the room. Ids come in order and without gaps.',
    params: [carries('roomName', RoomName), carries('message', ProcessedMessage)],
    audience: `${JOINED} The sender's included.`,
    example: ['lobby', { textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 42 }],
  }),

  roomJoinedEcho: notification({
    doc: "Another socket of the user joined the room; `njoined` of the user's sockets are joined now. With its own id, the service joined this socket, and messages follow.",
    params: [carries('roomName', RoomName), carries('id', SocketId), carries('njoined', Count)],
    audience: OTHERS,
    example: ['lobby', 'K7Zk2vXQ', 2],
  }),

  roomLeftEcho: notification({
    doc: 'Another socket of the user left the room or went away; `njoined` remain joined. With its own id, this socket itself was taken out, by the leave of another one (see Sessions) or by the service.',
    params: [carries('roomName', RoomName), carries('id', SocketId), carries('njoined', Count)],
    audience: OTHERS,
    example: ['lobby', 'K7Zk2vXQ', 1],
  }),

  roomUserJoined: notification({
    doc: "A user's first socket joined the room.",
    params: [carries('roomName', RoomName), carries('userName', UserName)],
    audience: `${JOINED} The joiner's included.`,
    example: ['lobby', 'alice'],
  }),

  roomUserLeft: notification({
    doc: "A user's last socket left the room.",
    params: [carries('roomName', RoomName), carries('userName', UserName)],
    audience: JOINED,
    example: ['lobby', 'alice'],
  }),

  roomAccessRemoved: notification({
    doc: 'The user lost the room, by its deletion or by a change of its lists, mode or owner: none of its sockets is joined any more.',
    params: [carries('roomName', RoomName)],
    audience: 'All sockets of the user, joined or not.',
    example: ['lobby'],
  }),

  roomUserlistChanged: notification({
    doc: 'Users joined and left a large room since the last of these: the net changes, at most one notification a second. It stands for `roomUserJoined` and `roomUserLeft`.',
    params: [
      carries('roomName', RoomName),
      carries(
        'changes',
        Type.Object(
          {
            joined: Type.Array(UserName),
            left: Type.Array(UserName),
            count: Type.Integer({ minimum: 0, description: 'Members now.' }),
          },
          { title: 'UserlistChanges', description: 'Who came and who went.' },
        ),
      ),
    ],
    audience: `${JOINED} Rooms of more members than the service calls large.`,
    example: ['lobby', { joined: ['alice'], left: ['bob', 'carol'], count: 1999 }],
  }),

  roomAccessListAdded: notification({
    doc: 'Users were added to a list of the room; the names are those of the request.',
    params: [carries('roomName', RoomName), carries('listName', ListName), carries('userNames', ListNames)],
    audience: LISTS,
    example: ['lobby', 'blacklist', ['mallory']],
  }),

  roomAccessListRemoved: notification({
    doc: 'Users were taken out of a list of the room; the names are those of the request.',
    params: [carries('roomName', RoomName), carries('listName', ListName), carries('userNames', ListNames)],
    audience: LISTS,
    example: ['lobby', 'whitelist', ['mallory']],
  }),

  roomModeChanged: notification({
    doc: 'The mode of the room was set, perhaps to what it was.',
    params: [carries('roomName', RoomName), carries('mode', Type.Boolean({ description: 'Whitelist-only.' }))],
    audience: LISTS,
    example: ['lobby', true],
  }),

  roomReset: notification({
    doc: 'The server could not bridge a gap for this room. Messages may be missing: take `epoch` and `lastMessageId` as the new position and read history as needed.',
    params: [carries('roomName', RoomName), carries('epoch', Epoch), carries('lastMessageId', MessageId)],
    audience: 'The joined sockets concerned.',
    example: ['lobby', '9f86d081', 57],
  }),

  directMessage: notification({
    doc: 'Another user wrote to this one.',
    params: [carries('message', ProcessedMessage)],
    audience: 'All sockets of the receiver.',
    example: [{ textMessage: 'hello', author: 'bob', timestamp: 1767225600500 }],
  }),

  directMessageEcho: notification({
    doc: 'Another socket of the user wrote to `userName`.',
    params: [carries('userName', UserName), carries('message', ProcessedMessage)],
    audience: OTHERS,
    example: ['bob', { textMessage: 'hello', author: 'alice', timestamp: 1767225600500 }],
  }),

  '$.chat.join': notification({
    doc: "A room was filed in the user's session. It is not joined by that: who wants its messages joins it.",
    params: [carries('notice', ChatNotice)],
    audience: `${SYNCED}, but for the one that joined; at its login each of them, for every room filed.`,
    example: [{ chat: { name: 'lobby', group: 'custom', private: false, meta: {} } }],
  }),

  '$.chat.leave': notification({
    doc: "A room was taken out of the user's session: left by another socket, lost, or on its way to another group.",
    params: [carries('notice', ChatNotice)],
    audience: `${SYNCED}, but for the one that left.`,
    example: [{ chat: { name: 'lobby', group: 'custom', private: false, meta: {} } }],
  }),

  '$.group.restored': notification({
    doc: 'All rooms of a group have been told by `$.chat.join`. It comes at login for each group that has rooms, and for `custom`.',
    params: [
      carries(
        'restored',
        Type.Object({ group: Type.String() }, { title: 'GroupRestored', description: 'Which group.' }),
      ),
    ],
    audience: 'A socket that logs in with `enableSync`, after `loginConfirmed`.',
    example: [{ group: 'custom' }],
  }),

  systemMessage: notification({
    doc: 'Another socket of the user sent this value.',
    params: [carries('data', AnyValue)],
    audience: OTHERS,
    example: [{ theme: 'dark' }],
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
