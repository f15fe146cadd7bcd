/** How a script goes out, in whichever form a server knows it. */
import { Command } from 'ioredis';
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
  if (!script.restKeys) {
    const method = (client as unknown as Methods)[`${command}Buffer`];
    return method.call(client, named, script.keys.length, ...line);
  }
  // A batch of its own, and not one of the client's pipelines.
  const alone = new Command(command, [named, ...(line as readonly Buffer[])]);
  void client.sendCommand(alone);
  return alone.promise as Promise<Reply>;
}
