/** How scripts and plain commands go out. What is asked of one server is asked in the order of the calls, but for what a Cluster redirects. */
import { Cluster, type Redis } from 'ioredis';
import { primariesOf, slotOf, type Client } from '../connect.ts';
import type { Reply } from '../reply.ts';
import type { Script, ScriptArgument } from '../script.ts';
import { CONNECTING } from '../unavailable.ts';
import { isOnItsWay, sendToCluster } from './cluster-refusals.ts';
import { WrittenCommand } from './written-command.ts';

/** By its digest, in full, or as a function: what the command names before the keys. */
export type ScriptCommand = 'evalsha' | 'eval' | 'fcall';

/** Behind what it is named by, and the number of its keys. */
const SCRIPT_KEY_AT = 2;

/** The arguments are as `layOut` gives them. */
export function sendScript(
  client: Client,
  command: ScriptCommand,
  named: string,
  { restKeys, keys, each }: Script,
  line: readonly ScriptArgument[],
): Promise<Reply> {
  const args = restKeys ? [named, ...line] : [named, keys.length, ...line];
  return send(client, command, args, { keyAt: SCRIPT_KEY_AT, isAlone: each });
}

export interface Sending {
  /** Which argument is the key: it says to which server of a Cluster. */
  readonly keyAt?: number;
  /** It does not wait for what else is sent in this turn. */
  readonly isAlone?: boolean;
}

/** Replies are bytes. */
export function send(
  client: Client,
  command: string,
  args: readonly ScriptArgument[],
  { keyAt = 0, isAlone = false }: Sending = {},
): Promise<Reply> {
  const slot = slotOf(client, String(args[keyAt]));
  const server = client instanceof Cluster ? serverOf(client, slot) : client;
  // The client would say that it is closed, as of one that is gone.
  if (client instanceof Cluster && isOnItsWay(server)) return Promise.reject(new Error(CONNECTING));
  // There is none before the first connection.
  const stream: Redis['stream'] | undefined = server?.stream;
  if (!isAlone && stream?.writableCorked === 0) {
    stream.cork();
    setImmediate(() => stream.uncork());
  }
  const asked = new WrittenCommand(command, args, slot);
  if (client instanceof Cluster) sendToCluster(client, asked);
  else void client.sendCommand(asked);
  if (isAlone) stream?.uncork();
  return asked.promise as Promise<Reply>;
}

/** By address: to look for it among the servers costs as much as the command. */
const known = new WeakMap<Cluster, Map<string, Redis>>();

/** To which the client will send it, unless the slot has moved. */
function serverOf(cluster: Cluster, slot: number): Redis | undefined {
  let servers = known.get(cluster);
  if (servers === undefined) {
    const made = (servers = new Map<string, Redis>());
    known.set(cluster, made);
    // The one at an address may be another connection from then on.
    for (const event of ['+node', '-node']) cluster.on(event, () => made.clear());
  }
  const address = cluster.slots[slot]?.[0];
  if (address === undefined) return undefined;
  if (!servers.has(address)) for (const [at, server] of primariesOf(cluster)) servers.set(at, server);
  return servers.get(address);
}
