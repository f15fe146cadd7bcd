/**
 * Sends scripts: hot ones as functions, else by their digests, and in full where a server does not know those. Not by the client's own
 * means, for each of its pipelines is given a method for every script, and there are many of both.
 */
import { createHash } from 'node:crypto';
import { Cluster } from 'ioredis';
import type { Client } from '../connect.ts';
import type { Reply } from '../reply.ts';
import { declaredScripts, type Script, type ScriptArgument } from '../script.ts';
import { send } from './send.ts';
import { ServerFunctions } from './server-functions.ts';

/** The first line of a script that Redis is to run also when it is full. */
const WHEN_FULL = '#!lua flags=allow-oom\n';

/** The server does not know the digest: it has run nothing. */
const UNKNOWN = /^NOSCRIPT\b/;

/** A script on its way, and in which form. */
export interface SentScript {
  readonly script: Script;
  as: 'function' | 'digest' | 'text';
}

interface Text {
  readonly lua: string;
  readonly digest: string;
}

export class ClientScripts {
  readonly #client: Client;
  readonly #texts = new Map<Script, Text>();
  #allowsWhenFull = false;

  readonly #functions: ServerFunctions;

  constructor(client: Client, options: { readonly timeoutMs: number }) {
    this.#client = client;
    const hot = [...declaredScripts].filter(({ isHot }) => isHot);
    this.#functions = new ServerFunctions(client, hot, options);
  }

  close(): void {
    this.#functions.close();
  }

  /**
   * From here on the scripts that are declared so run where Redis is full. Asked of the server, for not every store knows
   * what it is told by: without, they are refused like all others. To be called once there is a connection.
   */
  async allowWhenFull(): Promise<void> {
    const client = this.#client;
    const server = client instanceof Cluster ? client.nodes('master')[0] : client;
    try {
      await server?.eval(`${WHEN_FULL}return 1`, 0);
    } catch (error) {
      if (error instanceof Error && error.name === 'ReplyError') return;
      throw error;
    }
    this.#allowsWhenFull = true;
    this.#texts.clear();
  }

  /** From here on servers that can keep the hot ones as functions. To be called once there is a connection. */
  keepFunctions(): Promise<void> {
    return this.#functions.load();
  }

  /** In its form, or in the next one. The arguments are as `layOut` gives them. */
  send(sent: SentScript, line: readonly ScriptArgument[]): Promise<Reply> {
    const { script } = sent;
    const called = sent.as === 'function' ? this.#functions.call(script, line) : undefined;
    if (called !== undefined) return called;
    const { lua, digest } = this.#textOf(script);
    if (sent.as === 'text') return send(this.#client, 'eval', lua, script, line);
    sent.as = 'digest';
    return send(this.#client, 'evalsha', digest, script, line);
  }

  /** Whether a server has not run it for the form that it had: then it is to be sent again, in the next one. */
  isToBeSentAgain(sent: SentScript, error: Error): boolean {
    if (sent.as === 'function' && this.#functions.hasNotRun(error)) sent.as = 'digest';
    else if (sent.as === 'digest' && UNKNOWN.test(error.message)) sent.as = 'text';
    else return false;
    return true;
  }

  #textOf(script: Script): Text {
    const known = this.#texts.get(script);
    if (known !== undefined) return known;
    const lua = script.whenFull && this.#allowsWhenFull ? WHEN_FULL + script.lua : script.lua;
    const text = { lua, digest: createHash('sha1').update(lua).digest('hex') };
    this.#texts.set(script, text);
    return text;
  }
}
