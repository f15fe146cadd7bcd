/**
 * A command for a Cluster, by its client, which sends again what a server refuses: at once, where the slot is at another server that is
 * there. Whatever would have to wait for that fails with the refusal instead, nothing of it having been run: who asked sends it
 * again (commands.ts), and looks each time whether this node still may.
 */
import type { Cluster, Redis } from 'ioredis';
import type { WrittenCommand } from './written-command.ts';

const MOVED = /^(?:MOVED|ASK) \d+ (\S+)/;
const TRY_AGAIN = /^TRYAGAIN\b/;

export function sendToCluster(cluster: Cluster, asked: WrittenCommand): void {
  const fail = asked.reject;
  void cluster.sendCommand(asked);
  // From here on it is the client's, which sends it again.
  const sendAgain = asked.reject;
  asked.reject = (error) => (hasToWait(cluster, error) ? fail(error) : sendAgain(error));
}

function hasToWait(cluster: Cluster, { message }: Error): boolean {
  if (TRY_AGAIN.test(message)) return true;
  const address = MOVED.exec(message)?.[1];
  // Whom the client does not know it gets to know by this.
  return address !== undefined && isOnItsWay(serverAt(cluster, address));
}

const serverAt = (cluster: Cluster, address: string): Redis | undefined =>
  cluster.nodes('all').find(({ options: { host, port } }) => `${host}:${port}` === address);

/** One that was not needed yet is connected to from here on; what is asked is not to wait in a queue of its own. */
export function isOnItsWay(server: Redis | undefined): boolean {
  if (server?.status === 'wait') void server.connect().catch(() => undefined);
  return server?.status === 'connecting' || server?.status === 'connect';
}
