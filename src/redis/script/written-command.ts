/** A command that is written at once: the client's own copies its arguments, makes text of them, and looks through them for lists first. */
import { Command } from 'ioredis';
import type { ScriptArgument } from '../script.ts';

export class WrittenCommand extends Command {
  readonly #arguments: readonly ScriptArgument[];

  readonly #slot: number;

  /** @param slot of its key, by which the client of a Cluster finds the server: the arguments it does not see */
  constructor(name: string, args: readonly ScriptArgument[], slot: number) {
    super(name);
    this.#arguments = args;
    this.#slot = slot;
  }

  override getSlot(): number {
    return this.#slot;
  }

  override toWritable(): Buffer {
    return written(this.name, this.#arguments);
  }
}

/** A command as Redis reads it (RESP): a list of strings, each behind its length in bytes. */
function written(name: string, args: readonly ScriptArgument[]): Buffer {
  const parts: (string | Uint8Array)[] = [];
  let length = 0;
  let isAscii = true;
  let text = `*${args.length + 1}\r\n$${name.length}\r\n${name}\r\n`;
  for (const arg of args) {
    if (typeof arg === 'object') {
      parts.push(`${text}$${arg.length}\r\n`, arg);
      text = '\r\n';
      length += arg.length;
      continue;
    }
    const string = String(arg);
    const bytes = Buffer.byteLength(string);
    if (bytes !== string.length) isAscii = false;
    text += `$${bytes}\r\n${string}\r\n`;
    length += bytes - string.length;
  }
  parts.push(text);
  for (const part of parts) if (typeof part === 'string') length += part.length;
  const all = Buffer.allocUnsafe(length);
  let at = 0;
  for (const part of parts) {
    if (typeof part !== 'string') all.set(part, at);
    at += typeof part === 'string' ? all.write(part, at, isAscii ? 'latin1' : 'utf8') : part.length;
  }
  return all;
}
