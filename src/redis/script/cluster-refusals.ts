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
  if (address === undefined) return false;
  // Of a client that is being closed nobody would close what is connected to now.
  return cluster.status !== 'ready' || isOnItsWay(serverAt(cluster, address) ?? introduce(cluster, address));
}

const serverAt = (cluster: Cluster, address: string): Redis | undefined =>
  cluster.nodes('all').find(({ options: { host, port } }) => `${host}:${port}` === address);

/** What the client keeps to itself: the servers that it knows. */
interface Internals {
  readonly connectionPool: { findOrCreate(server: { host: string; port: number }): Redis };
}

/**
 * The client would get to know it by sending what was refused, which then waits for the connection. It has to be known all the same:
 * one that has no slot yet, while the first one is on its way to it, is not among those that the others tell of.
 */
function introduce(cluster: Cluster, address: string): Redis {
  const { connectionPool } = cluster as unknown as Internals;
  const at = address.lastIndexOf(':');
  return connectionPool.findOrCreate({ host: address.slice(0, at), port: Number(address.slice(at + 1)) });
}

/** One that was not needed yet is connected to from here on; what is asked is not to wait in a queue of its own. */
export function isOnItsWay(server: Redis | undefined): boolean {
  if (server?.status === 'wait') void server.connect().catch(() => undefined);
  return server?.status === 'connecting' || server?.status === 'connect';
}
