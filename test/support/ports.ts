// Free loopback ports for programs that cannot pick one themselves or must come back on the same one. Servers inside the
// test process use port 0 instead.
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ranges from which systems hand out ports for outgoing connections (Linux: from 32768), so that a port stays
// free between two lives of a server.
const lowest = 20_000;
const highest = 31_999;

/**
 * A port that was free a moment ago. Another process may take it first, so whoever starts a server on it must be ready to
 * try another.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  probe.listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
