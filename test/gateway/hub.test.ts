// The hub alone: whom events reach and take out.
import { expect, test } from '@jest/globals';
import { ClientSocket } from '../../src/gateway/client-socket.ts';
import type { Connection } from '../../src/gateway/connection.ts';
import { Hub, type HubDeps, type HubPeers } from '../../src/gateway/hub.ts';
import type { Login } from '../../src/chat/auth/login.ts';
import type { TopicEvent } from '../../src/log/event.ts';
import { notificationFrame, countFrame } from '../../src/protocol/wire/frame.ts';
import { roomTopic, userTopic } from '../../src/redis/keys.ts';

interface Heard {
  readonly socket: ClientSocket;
  /** Frames that were sent to it alone. */
  readonly sent: Uint8Array[];
  /** Native topics that it is subscribed to. */
  readonly topics: Set<string>;
}

function startHub(): { hub: Hub; open: (socketId: string, userName: string) => Heard } {
  // What these tests do not reach is left out.
  const deps = {
    fanOut: { publish: () => undefined },
    instance: { nodeId: 'n1', redisNow: () => 0 },
    onLost: () => undefined,
  } as unknown as HubDeps;
  const peers = {
    topics: { unfollow: () => undefined, positionOf: () => undefined },
    echoes: { arrived: () => undefined },
  } as unknown as HubPeers;
  const hub = new Hub(deps);
  hub.start(peers);
  const open = (socketId: string, userName: string): Heard => {
    const [sent, topics]: [Uint8Array[], Set<string>] = [[], new Set()];
    const connection = {
      socketId,
      codec: { format: 'msgpack' },
      sendFrame: (frame: Uint8Array) => sent.push(frame),
      subscribe: (topic: string) => topics.add(topic),
      unsubscribe: (topic: string) => topics.delete(topic),
    } as unknown as Connection;
    const socket = new ClientSocket(connection, { userName, nodeId: 'n1', synced: false } as unknown as Login);
    hub.add(socket);
    return { socket, sent, topics };
  };
  return { hub, open };
}

const event = (seq: number, parts: Pick<TopicEvent, 'kind' | 'subject' | 'frame'>): TopicEvent => ({
  epoch: 'epoch-of-the-log',
  seq,
  id: 0,
  timestamp: 0,
  nonce: seq,
  prev: seq - 1,
  ...parts,
});

// It heard the room for as long as the bus was late: an eviction goes by the user, and looked among those that hear it.
test('who is barred while it waits for what was told during its login hears the room no more', () => {
  const { hub, open } = startHub();
  const { socket, sent, topics } = open('s1', 'bob');
  const other = open('s2', 'alice');
  for (const socketId of ['s1', 's2']) hub.attachRoom('lobby', socketId, { epoch: 'epoch-of-the-log', seq: 4 });
  const frame = notificationFrame('roomUserLeft', ['lobby', 'bob']);
  hub.deliver(roomTopic('lobby'), event(5, { kind: 'evicted', subject: 's1@n1\nbob', frame }));
  expect([socket.rooms.has('lobby'), topics.size]).toEqual([false, 0]);
  expect(sent).toEqual([notificationFrame('roomAccessRemoved', ['lobby'])]);
  expect([other.socket.rooms.has('lobby'), other.topics.size, other.sent]).toEqual([true, 1, []]);
});

test('what a user is told reaches a socket once that is up to date, and not before', () => {
  const { hub, open } = startHub();
  const { socket, sent } = open('s1', 'bob');
  const notice = event(1, { kind: 'notice', subject: '', frame: countFrame('socketConnectEcho', ['s2']) });
  hub.deliver(userTopic('bob'), notice);
  expect(sent).toEqual([]);
  hub.attachUser(socket);
  hub.deliver(userTopic('bob'), notice);
  expect(sent).toEqual([notice.frame]);
});
