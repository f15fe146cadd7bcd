// The hub alone: whom events reach and take out.
import { expect, test } from '@jest/globals';
import { ClientSocket } from '../../src/gateway/client-socket.ts';
import type { Connection } from '../../src/gateway/connection.ts';
import type { Lag } from '../../src/gateway/limits/backlog.ts';
import { Hub, type HubDeps, type HubPeers } from '../../src/gateway/hub/hub.ts';
import type { Login } from '../../src/chat/auth/login.ts';
import type { TopicEvent } from '../../src/log/event.ts';
import { newCounters } from '../../src/ops/counters.ts';
import { notificationFrame, countFrame } from '../../src/protocol/wire/frame.ts';
import { roomTopic, userTopic } from '../../src/redis/keys.ts';

interface Heard {
  readonly socket: ClientSocket;
  /** Frames that were sent to it alone. */
  readonly sent: Uint8Array[];
  /** Native topics that it is subscribed to. */
  readonly topics: Set<string>;
}

function startHub(counters = newCounters()): { hub: Hub; open: (socketId: string, userName: string) => Heard } {
  // What these tests do not reach is left out.
  const deps = {
    fanOut: { publish: () => undefined },
    instance: { nodeId: 'n1', redisNow: () => 0 },
    onLost: () => undefined,
    counters,
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
      lag: (was: Lag) => was,
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

test('a socket that is behind is sent what is stored by itself, and nothing that is transient', () => {
  const counters = newCounters();
  const { hub, open } = startHub(counters);
  const [slow, other] = [open('s1', 'bob'), open('s2', 'alice')];
  for (const socketId of ['s1', 's2']) hub.attachRoom('lobby', socketId, { epoch: 'epoch-of-the-log', seq: 4 });
  const frame = notificationFrame('roomUserJoined', ['lobby', 'carol']);
  const notice = event(5, { kind: 'notice', subject: '', frame });
  const passing = event(5, { kind: 'transient', subject: '', frame });
  const say = (topic: typeof roomTopic, name: string): void => {
    for (const each of [notice, passing]) hub.deliver(topic(name), each);
  };
  hub.setLag(slow.socket, 2);
  expect([slow.topics, other.topics]).toEqual([new Set(), new Set(['msgpack/lobby'])]);
  say(roomTopic, 'lobby');
  expect([slow.sent, other.sent, counters.transientsLeftOut]).toEqual([[frame], [], 1]);
  hub.attachRoom('attic', 's1', { epoch: 'epoch-of-the-log', seq: 4 });
  say(roomTopic, 'attic');
  expect([slow.sent, counters.transientsLeftOut]).toEqual([[frame, frame], 2]);
  // The one that an event leaves out is not counted.
  hub.deliver(roomTopic('lobby'), event(5, { kind: 'transient', subject: 's1', frame }));
  expect(counters.transientsLeftOut).toBe(2);
  hub.attachUser(slow.socket);
  say(userTopic, 'bob');
  expect([slow.sent.length, counters.transientsLeftOut]).toEqual([3, 3]);

  hub.setLag(slow.socket, 0);
  expect(slow.topics).toEqual(new Set(['msgpack/lobby', 'msgpack/attic']));
  say(roomTopic, 'lobby');
  say(userTopic, 'bob');
  expect([slow.sent.length, counters.transientsLeftOut]).toEqual([5, 3]);
  hub.setLag(slow.socket, 2);
  hub.detachRoom('lobby', 's1');
  hub.remove(slow.socket);
  say(roomTopic, 'lobby');
  expect([slow.sent.length, counters.transientsLeftOut]).toEqual([5, 3]);
});

test('the further a socket is behind, the more of what is transient it misses: low first, high last', () => {
  const counters = newCounters();
  const { hub, open } = startHub(counters);
  const { socket, sent } = open('s1', 'bob');
  hub.attachRoom('lobby', 's1', { epoch: 'epoch-of-the-log', seq: 4 });
  const heardAt = (lag: Lag): string[] => {
    hub.setLag(socket, lag);
    sent.length = 0;
    for (const subject of ['<', '', '>']) {
      hub.deliver(roomTopic('lobby'), event(5, { kind: 'transient', subject, frame: Buffer.from(`to ${subject}`) }));
    }
    return sent.map((frame) => Buffer.from(frame).toString());
  };
  // What goes by native fan-out is not seen here.
  expect([heardAt(0), counters.transientsLeftOut]).toEqual([[], 0]);
  expect(heardAt(1)).toEqual(['to ', 'to >']);
  expect(heardAt(2)).toEqual(['to >']);
  expect(heardAt(3)).toEqual([]);
  expect(counters.transientsLeftOut).toBe(6);
});
