/** How scripts and plain commands go out. What is asked of one server is asked in the order of the calls. */
import { Cluster, Command } from 'ioredis';
import type { Client } from '../connect.ts';
import type { Reply } from '../reply.ts';
import type { Script, ScriptArgument } from '../script.ts';
import { WrittenCommand } from './written-command.ts';

/** By its digest, in full, or as a function: what the command names before the keys. */
export type ScriptCommand = 'evalsha' | 'eval' | 'fcall';

// The Buffer variants are not in the client's type.
type Methods = Readonly<Record<string, ((...args: readonly ScriptArgument[]) => Promise<Reply>) | undefined>>;

/** The arguments are as `layOut` gives them. */
export function sendScript(
  client: Client,
  command: ScriptCommand,
  named: string,
  { restKeys, keys, each }: Script,
  line: readonly ScriptArgument[],
): Promise<Reply> {
  const args = restKeys ? [named, ...line] : [named, keys.length, ...line];
  if (!restKeys || !(client instanceof Cluster)) return send(client, command, args, each);
  // A batch of its own, and not one of the client's pipelines, which look for a slot in the first argument.
  return sent(client, new Command(command, args as Buffer[]));
}

/** Replies are bytes. `isAlone`: it does not wait for what else is sent in this turn. */
export function send(
  client: Client,
  command: string,
  args: readonly ScriptArgument[],
  isAlone = false,
): Promise<Reply> {
  if (client instanceof Cluster) {
    const method = (client as unknown as Methods)[`${command}Buffer`];
    if (method === undefined) throw new Error(`no command ${command}`);
    return method.call(client, ...args);
  }
  // There is none before the first connection.
  const stream: typeof client.stream | undefined = client.stream;
  if (!isAlone && stream?.writableCorked === 0) {
    stream.cork();
    setImmediate(() => stream.uncork());
  }
  const reply = sent(client, new WrittenCommand(command, args));
  if (isAlone) stream?.uncork();
  return reply;
}

function sent(client: Client, command: Command): Promise<Reply> {
  void client.sendCommand(command);
  return command.promise as Promise<Reply>;
}
