/** Random names: of nodes, sockets, logs and events. Drawn from a pool, for a call per event to the system costs too much. */
import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(8192);
let used = pool.length;

function draw(count: number): Buffer {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  const drawn = Buffer.allocUnsafe(count);
  pool.copy(drawn, 0, used - count, used);
  return drawn;
}

/** 16 characters of base64url. */
export const newEpoch = (): string => draw(12).toString('base64url');
export const newSocketId = (): string => draw(12).toString('base64url');
export const newNodeId = (): string => draw(9).toString('base64url');
/** 8 bytes. */
export const newNonce = (): Buffer => draw(8);
/** 256 bits in 43 characters of base64url. */
export const newSecret = (): string => draw(32).toString('base64url');
/** 16 digits of hexadecimal: a name that every rule for names allows. */
export const newNameDigits = (): string => draw(8).toString('hex');
