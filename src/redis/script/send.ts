/** How a script goes out, in whichever form a server knows it. */
import { Cluster, Command, type Redis } from 'ioredis';
import type { Client } from '../connect.ts';
import type { Reply } from '../reply.ts';
import type { Script, ScriptArgument } from '../script.ts';

/** By its digest, in full, or as a function: what the command names before the keys. */
export type ScriptCommand = 'evalsha' | 'eval' | 'fcall';

// The Buffer variants are not in the client's type.
type Methods = Readonly<Record<`${ScriptCommand}Buffer`, (...args: readonly ScriptArgument[]) => Promise<Reply>>>;

/** The arguments are as `layOut` gives them. */
export function send(
  client: Client,
  command: ScriptCommand,
  named: string,
  script: Script,
  line: readonly ScriptArgument[],
): Promise<Reply> {
  const { restKeys, keys } = script;
  const isOne = !(client instanceof Cluster);
  if (!restKeys && !isOne) {
    const method = (client as unknown as Methods)[`${command}Buffer`];
    return method.call(client, named, keys.length, ...line);
  }
  const args = restKeys ? [named, ...line] : [named, keys.length, ...line];
  // A batch of its own does not wait for others.
  if (!restKeys && isOne) writeTogether(client);
  // Not one of the client's pipelines, each of which has promises and a list of its own for every command.
  const out = new Command(command, args as Buffer[]);
  void client.sendCommand(out);
  return out.promise as Promise<Reply>;
}

/** What is sent in one turn goes out in one write. */
function writeTogether({ stream }: Redis): void {
  // There is none before the first connection.
  if ((stream as Redis['stream'] | undefined)?.writableCorked !== 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
