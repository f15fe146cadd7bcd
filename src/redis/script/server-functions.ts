/**
 * Has the servers keep hot scripts as functions (function-library.ts), and calls them there. Nothing depends on it: where a server does
 * not have them, or not any more, may not be asked for them, or lets nothing be written for now, it says so before it runs anything of
 * them, and the script is sent.
 */
import type { Redis } from 'ioredis';
import { lookIn } from '../../ops/looks.ts';
import { primariesOf, type Client } from '../connect.ts';
import { list, text, type Reply } from '../reply.ts';
import type { Script, ScriptArgument } from '../script.ts';
import { inTime } from '../unavailable.ts';
import { LIBRARIES, libraryOf, type FunctionLibrary } from './function-library.ts';
import { sendScript } from './send.ts';

/** Between two attempts where Redis's state was in the way. */
const RETRY_MS = 1000;
/** Where it does not know functions, or does not allow them. */
const RETRY_REFUSED_MS = 600_000;
/** By then the nodes of another build are gone, mostly. */
const TIDY_MS = 3_600_000;

/** It does not have them. */
const LOST = /^ERR Function not found/;
/** A function that may write is refused whole, and of a script only its first write. */
const NO_WRITES = /^(OOM|MISCONF|NOREPLICAS)\b/;
const REFUSED = /^(NOPERM\b.*'fcall'|ERR unknown command .fcall\b)/i;
/** What the server adds to the errors of what a function has called. */
const WITHIN = / script: /;
/** Why a library may not be loaded for now. */
const TEMPORARY = /^(OOM|MISCONF|NOREPLICAS|READONLY|LOADING|BUSY|MASTERDOWN|CLUSTERDOWN)\b/;

export class ServerFunctions {
  readonly #client: Client;
  readonly #scripts: Iterable<Script>;
  readonly #timeoutMs: number;
  /** Made when it is loaded first. */
  #library: FunctionLibrary | undefined;
  /** Some server has them. */
  #areThere = false;
  /** Until when scripts are sent all the same, and when to load the library, on the monotonic clock. */
  #restsUntil = 0;
  #loadAt = Infinity;
  #loadedAt = 0;
  #tidying: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(client: Client, scripts: Iterable<Script>, { timeoutMs }: { readonly timeoutMs: number }) {
    this.#client = client;
    this.#scripts = scripts;
    this.#timeoutMs = timeoutMs;
  }

  /** To be called once there is a connection; whatever comes of it, scripts run. Rejects for one that cannot be a function. */
  async load(): Promise<void> {
    this.#loadAt = Infinity;
    this.#loadedAt = performance.now();
    const library = (this.#library ??= libraryOf(this.#scripts));
    const loads = this.#servers().map((server) => inTime(loadAt(server, library), this.#timeoutMs));
    const outcomes = await Promise.allSettled(loads);
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []));
    this.#areThere = failures.length < outcomes.length;
    const [failure] = failures;
    if (failure !== undefined) this.#loadLater(isFinal(failure) ? RETRY_REFUSED_MS : RETRY_MS);
    // No server of a Cluster is known just now.
    else if (!this.#areThere) this.#loadLater(RETRY_MS);
    if (!this.#isClosed) this.#tidying ??= lookIn(TIDY_MS, () => void this.tidy()).unref();
  }

  /** Takes the libraries of other builds away, once in a node's life. Where their nodes are there all the same, they load them again. */
  async tidy(): Promise<void> {
    const own = this.#library?.name;
    if (own === undefined) return;
    await Promise.allSettled(
      this.#servers().map(async (server) => {
        const others = (await librariesOf(server, `${LIBRARIES}*`)).filter((name) => name !== own);
        await Promise.all(others.map((name) => server.function('DELETE', name)));
      }),
    );
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#tidying);
  }

  /** Undefined where the script has to be sent. The arguments are as `layOut` gives them. */
  call(script: Script, line: readonly ScriptArgument[]): Promise<Reply> | undefined {
    const name = this.#library?.functions.get(script);
    if (name === undefined) return undefined;
    const now = performance.now();
    if (now >= this.#loadAt) void this.load();
    if (!this.#areThere || now < this.#restsUntil) return undefined;
    return sendScript(this.#client, 'fcall', name, script, line);
  }

  /** Whether a call has failed before anything was run: then the script is to be sent. */
  hasNotRun({ message }: Error): boolean {
    if (WITHIN.test(message)) return false;
    const isRefused = REFUSED.test(message);
    if (isRefused || LOST.test(message)) {
      this.#areThere = false;
      this.#loadLater(isRefused ? RETRY_REFUSED_MS : RETRY_MS);
      return true;
    }
    if (!NO_WRITES.test(message)) return false;
    this.#restsUntil = performance.now() + RETRY_MS;
    return true;
  }

  /** Counted from when it was loaded last. */
  #loadLater(ms: number): void {
    if (this.#loadAt === Infinity) this.#loadAt = this.#loadedAt + ms;
  }

  #servers(): readonly Redis[] {
    return [...primariesOf(this.#client).values()];
  }
}

const isFinal = (error: Error): boolean => error.name === 'ReplyError' && !TEMPORARY.test(error.message);

/** Its code is long, and mostly there. */
async function loadAt(server: Redis, { name, code }: FunctionLibrary): Promise<void> {
  if ((await librariesOf(server, name)).length > 0) return;
  try {
    await server.function('LOAD', code);
  } catch (error) {
    // Another node was faster.
    if (!/already exists/.test((error as Error).message)) throw error;
  }
}

const librariesOf = async (server: Redis, pattern: string): Promise<string[]> =>
  ((await server.function('LIST', 'LIBRARYNAME', pattern)) as Reply[]).map((library) => text(list(library)[1]));
