/**
 * Sends scripts: hot ones as functions; else in full for the first time, and from then on by its digest, and in full again where a server
 * does not know that. Not by the client's own means, for each of its pipelines is given a method for every script, and there are many of both.
 */
import { createHash } from 'node:crypto';
import { primariesOf, type Client } from '../connect.ts';
import type { Reply } from '../reply.ts';
import { declaredScripts, type Script, type ScriptArgument } from '../script.ts';
import { sendScript } from './send.ts';
import { ServerFunctions } from './server-functions.ts';

/** The first line of a script that Redis is to run also when it is full. */
const WHEN_FULL = '#!lua flags=allow-oom\n';

/** The server does not know the digest: it has run nothing. */
const UNKNOWN = /^NOSCRIPT\b/;

/** A script on its way, in which form, and since when, on the monotonic clock. */
export interface SentScript {
  readonly script: Script;
  as: 'function' | 'digest' | 'text';
  sentAt: number;
}

interface Text {
  readonly lua: string;
  readonly digest: string;
  /** On the monotonic clock. */
  sentAt: number;
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
    const [server] = primariesOf(this.#client).values();
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
    const text = this.#textOf(script);
    sent.sentAt = performance.now();
    if (sent.as === 'text' || text.sentAt === -Infinity) {
      sent.as = 'text';
      text.sentAt = sent.sentAt;
      return sendScript(this.#client, 'eval', text.lua, script, line);
    }
    sent.as = 'digest';
    return sendScript(this.#client, 'evalsha', text.digest, script, line);
  }

  /** Whether a server has not run it for the form that it had: then it is to be sent again, in the next one. */
  isToBeSentAgain(sent: SentScript, error: Error): boolean {
    if (sent.as === 'function') {
      if (!this.#functions.hasNotRun(error)) return false;
      sent.as = 'digest';
      return true;
    }
    if (sent.as === 'text' || !UNKNOWN.test(error.message)) return false;
    // Where another call has brought the text meanwhile, the digest is behind it: one text is enough for all that are under way.
    if (this.#textOf(sent.script).sentAt <= sent.sentAt) sent.as = 'text';
    return true;
  }

  #textOf(script: Script): Text {
    const known = this.#texts.get(script);
    if (known !== undefined) return known;
    const lua = script.whenFull && this.#allowsWhenFull ? WHEN_FULL + script.lua : script.lua;
    const text = { lua, digest: createHash('sha1').update(lua).digest('hex'), sentAt: -Infinity };
    this.#texts.set(script, text);
    return text;
  }
}
