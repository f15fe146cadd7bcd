// What Redis knows of a node's sockets in a room, page by page, while those sockets go on: none is taken out that is in again.
import { expect, test } from '@jest/globals';
import { Reconciler, type ReconcilerDeps } from '../../src/chat/repair/reconciler.ts';
import { Repairs } from '../../src/chat/repair/repairs.ts';
import { roomTopic } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';

const SOCKETS = 1_200;
const nothing = (): void => undefined;
const never = (): Promise<never> => Promise.reject(new Error('not asked for here'));

function open(known: readonly string[]): {
  reconciler: Reconciler;
  /** Those that are open and in the room, by all that the node knows. */
  here: Set<string>;
  /** The pages that were taken out, each until it is told. */
  pages: { socketIds: string[]; tell(): void }[];
} {
  const here = new Set<string>();
  const pages: { socketIds: string[]; tell(): void }[] = [];
  const instance: ReconcilerDeps['instance'] = { nodeId: 'present', owns: () => true };
  const at = { epoch: 'e', seq: 1, id: 0, timestamp: 1, nonce: 0 };
  const reconciler = new Reconciler({
    instance,
    repairs: new Repairs({ instance, onError: nothing }),
    memberships: {
      readNodeSockets: async () => ({ at, sockets: known.map((socketId) => ({ socketId, userName: socketId })) }),
      readNodes: never,
    },
    users: { readSockets: never },
    peers: { isGone: never },
    topics: { unfollow: nothing, caughtUp: never },
    audience: {
      hearers: () => 0,
      attachRoom: () => false,
      detachRoom: () => false,
      leaving: nothing,
      notify: nothing,
      goOn: nothing,
      attached: () => [],
      joining: () => [],
      socketsOf: () => [],
      isConcerned: (_roomName, socketId) => here.has(socketId),
      isOpen: (socketId) => here.has(socketId),
    },
    leaves: {
      leaveRoom: (_roomName, _nodeId, sockets) =>
        new Promise((resolve) => {
          const socketIds = sockets.map(({ socketId }) => socketId);
          pages.push({ socketIds, tell: () => resolve({ at, njoined: socketIds.map(() => 0) }) });
        }),
      logout: never,
      finish: never,
      clean: never,
    },
    userlistChanges: { note: nothing },
    changesDue: { note: nothing },
    presence: { adopt: never },
    onError: nothing,
  });
  return { reconciler, here, pages };
}

test('who has come in again while the page before its own was told stays', async () => {
  const known = Array.from({ length: SOCKETS }, (_, i) => `socket-${i}`);
  const { reconciler, here, pages } = open(known);
  here.add('socket-0');
  const checked = reconciler.checkRoomNow(roomTopic('lobby'));
  await eventually(() => expect(pages).toHaveLength(1));
  const back = known.slice(-100);
  for (const socketId of back) here.add(socketId);
  for (let told = 0; told < 3; told++) {
    await eventually(() => expect(pages.length).toBeGreaterThan(told));
    pages[told]?.tell();
  }
  await checked;
  expect(pages.flatMap(({ socketIds }) => socketIds)).toEqual(known.slice(1, -100));
});
