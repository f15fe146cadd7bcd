/** Every notification a server sends. When each is sent is also told by the request that causes it. */
import Type from 'typebox';
import { carries, notification } from './declare.ts';
import { AnyValue, AuthData, Count, Epoch, ErrorValue, MessageId, ProcessedMessage } from './types.ts';
import { RoomName, SocketId, UserName } from './types.ts';
import { connectionRequests } from './requests/connection.ts';

const OTHERS = "The user's other sockets, on any node.";
const JOINED = 'All sockets joined to the room.';

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
    doc: "Another socket of the user joined the room; `njoined` of the user's sockets are joined now.",
    params: [carries('roomName', RoomName), carries('id', SocketId), carries('njoined', Count)],
    audience: OTHERS,
    example: ['lobby', 'K7Zk2vXQ', 2],
  }),

  roomLeftEcho: notification({
    doc: 'Another socket of the user left the room or went away; `njoined` remain joined.',
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
    doc: 'The user lost the room, here by its deletion: none of its sockets is joined any more.',
    params: [carries('roomName', RoomName)],
    audience: 'All sockets of the user, joined or not.',
    example: ['lobby'],
  }),

  roomReset: notification({
    doc: 'The server could not bridge a gap for this room. Messages may be missing: take `epoch` and `lastMessageId` as the new position and read history as needed.',
    params: [carries('roomName', RoomName), carries('epoch', Epoch), carries('lastMessageId', MessageId)],
    audience: 'The joined sockets concerned.',
    example: ['lobby', '9f86d081', 57],
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
