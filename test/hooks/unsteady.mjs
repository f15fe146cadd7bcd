// Hooks that take longer for some messages than for others.
import { setTimeout as elapsed } from 'node:timers/promises';

const takeTime = async ({ n }) => {
  if (n % 3 === 0) await elapsed(20);
};

export const hooks = {
  roomMessageCheck: ({ message }) => takeTime(message),
  after: { roomMessage: ({ args }) => takeTime(args.message) },
};
