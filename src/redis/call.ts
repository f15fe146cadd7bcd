/** A command or script on its way to Redis (commands.ts). */
import type { Redis } from 'ioredis';
import type { Reply } from './reply.ts';
import type { SentScript } from './script/client-scripts.ts';
import { bytesOf, type ScriptArgument } from './script.ts';

/** What is asked of Redis. */
export interface Asked {
  /** One server of several; none where the keys say which. */
  readonly server?: Redis | undefined;
  /** By which its duration is known. */
  readonly name: string;
  /** A script, or a plain command. */
  readonly what: SentScript | string;
  /** Only while this node may act. */
  readonly isFenced: boolean;
  readonly args: readonly ScriptArgument[];
}

/** It, on its way. A class, so that all have one shape: as copies of what was asked, each with more to it, they had one each. */
export class Call implements Asked {
  readonly server: Redis | undefined;
  readonly name: string;
  readonly what: SentScript | string;
  readonly isFenced: boolean;
  readonly args: readonly ScriptArgument[];
  /** Of the arguments, about. */
  readonly bytes: number;
  readonly sentAt: number;
  readonly deadline: number;
  /** Its promise has been told; the command itself may still be outstanding. */
  settled = false;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;

  constructor(
    { server, name, what, isFenced, args }: Asked,
    timeoutMs: number,
    resolve: (reply: Reply) => void,
    reject: (error: Error) => void,
  ) {
    this.server = server;
    this.name = name;
    this.what = what;
    this.isFenced = isFenced;
    this.args = args;
    this.bytes = bytesOf(args);
    this.sentAt = performance.now();
    this.deadline = this.sentAt + timeoutMs;
    this.resolve = resolve;
    this.reject = reject;
  }
}
