/** How a script goes out, in whichever form a server knows it. */
import { Cluster, Command, type Redis } from 'ioredis';
import type { Client } from '../connect.ts';
import type { Reply } from '../reply.ts';
import type { Script, ScriptArgument } from '../script.ts';
import { WrittenCommand } from './written-command.ts';

/** By its digest, in full, or as a function: what the command names before the keys. */
export type ScriptCommand = 'evalsha' | 'eval' | 'fcall';

// The Buffer variants are not in the client's type.
type Methods = Readonly<Record<`${ScriptCommand}Buffer`, (...args: readonly ScriptArgument[]) => Promise<Reply>>>;

/** The arguments are as `layOut` gives them. */
export function send(
  client: Client,
  command: ScriptCommand,
  named: string,
  { restKeys, keys, each }: Script,
  line: readonly ScriptArgument[],
): Promise<Reply> {
  if (client instanceof Cluster) {
    if (!restKeys) {
      const method = (client as unknown as Methods)[`${command}Buffer`];
      return method.call(client, named, keys.length, ...line);
    }
    // A batch of its own, and not one of the client's pipelines.
    return sent(client, new Command(command, [named, ...(line as readonly Buffer[])]));
  }
  // A batch of its own does not wait for others.
  if (!each) writeTogether(client);
  return sent(client, new WrittenCommand(command, restKeys ? [named, ...line] : [named, keys.length, ...line]));
}

function sent(client: Client, command: Command): Promise<Reply> {
  void client.sendCommand(command);
  return command.promise as Promise<Reply>;
}

/** What is sent in one turn goes out in one write. */
function writeTogether({ stream }: Redis): void {
  // There is none before the first connection.
  if ((stream as Redis['stream'] | undefined)?.writableCorked !== 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
