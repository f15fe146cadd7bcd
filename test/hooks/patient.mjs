// Hooks that hold the answer to a join back until its room is whitelist-only and messages have been posted since.
import { setTimeout as elapsed } from 'node:timers/promises';

const POSTED_SINCE = 20;
let service;

async function restricted(roomName) {
  while (!(await service.call('roomGetWhitelistMode', [roomName]))) await elapsed(5);
  const lastId = async () => (await service.call('roomHistoryInfo', [roomName])).lastMessageId;
  const from = await lastId();
  while ((await lastId()) < from + POSTED_SINCE) await elapsed(5);
}

export const hooks = {
  onStart: (start) => {
    service = start.service;
  },
  after: {
    roomJoin: ({ userName, args }) => (userName.startsWith('patient') ? restricted(args.roomName) : undefined),
  },
  policies: { 'after.roomJoin': { timeoutMs: 20_000 } },
};
