/** A command or script on its way to Redis (commands.ts). */
import type { Redis } from 'ioredis';
import type { Reply } from './reply.ts';
import type { SentScript } from './script/client-scripts.ts';
import type { ScriptArgument } from './script.ts';

/** What is asked of Redis. */
export interface Asked {
  /** One server of several; none where the keys say which. */
  readonly server?: Redis;
  /** By which its duration is known. */
  readonly name: string;
  /** A script, or the client's method. */
  readonly what: SentScript | string;
  /** Only while this node may act. */
  readonly isFenced: boolean;
  readonly args: readonly ScriptArgument[];
}

/** It, on its way. */
export interface Call extends Asked {
  /** Of the arguments, about. */
  readonly bytes: number;
  readonly sentAt: number;
  readonly deadline: number;
  /** Its promise has been told; the command itself may still be outstanding. */
  settled: boolean;
  resolve(reply: Reply): void;
  reject(error: Error): void;
}
