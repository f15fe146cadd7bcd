/**
 * Which server is the primary, by its sentinels: all of them are asked side by side, and all are listened to. The moment one of
 * them begins a failover the present primary is left, for what it acknowledges from then on is lost; the next one is known when
 * the sentinel that leads the failover has seen it promoted.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisServerAddress as ServerAddress } from '../outside/redis-endpoint.ts';
import { every, type Beat } from '../ops/beat.ts';
import { fieldsOf } from './reply.ts';
import { inTime } from './unavailable.ts';

export type { ServerAddress };

export interface SentinelsDeps {
  readonly sentinels: readonly ServerAddress[];
  /** The sentinels' name of the primary. */
  readonly name: string;
  /** Credentials and TLS of the sentinels' own. */
  readonly options: Pick<RedisOptions, 'username' | 'password' | 'tls'>;
  /** The present primary is to be left: another one is, or will be, the primary. */
  onLeave(reason: string): void;
  onError(what: string, error: unknown): void;
}

/** What one sentinel says. The higher the epoch, the newer. */
interface Opinion extends ServerAddress {
  readonly epoch: number;
}

const POLL_MS = 500;
/** The longest wait for a sentinel; and, once most have answered, for the others. */
const ASK_MS = 1000;
const REST_MS = 150;
const SILENT_MS = 2000;
/** How long a failover that was begun is waited for before the former primary is gone back to. */
const LEAVING_MS = 5000;
const LEAVING_POLL_MS = 50;
/** Sentinels that are listened to at most: those that are named, and those that these know of. */
const SENTINELS_MAX = 16;

/** A replica is about to be promoted, or was: in the order in which a sentinel tells them, a tenth of a second between most. */
const leaves = [
  '+failover-state-select-slave',
  '+selected-slave',
  '+failover-state-send-slaveof-noone',
  '+failover-state-wait-promotion',
];
const settles = ['+promoted-slave', '+switch-master', '+failover-end', '+config-update-from'];
const aborts = ['-failover-abort-slave-timeout', '-failover-abort-no-good-slave', '-failover-abort-not-elected'];

export class Sentinels {
  readonly #deps: SentinelsDeps;
  readonly #clients = new Map<string, Redis>();
  #known: Opinion | undefined;
  /** While a failover is under way: the primary that is left, and until when its successor is waited for. */
  #leaving: { readonly from: ServerAddress | undefined; readonly until: number } | undefined;
  readonly #asking: Beat;
  #stopped = false;

  constructor(deps: SentinelsDeps) {
    this.#deps = deps;
    for (const sentinel of deps.sentinels) this.#add(sentinel);
    this.#asking = every(POLL_MS, () => void this.#ask());
  }

  stop(): void {
    this.#stopped = true;
    this.#asking.stop();
    for (const client of this.#clients.values()) client.disconnect();
  }

  /** The primary now; waits until there is one. `undefined` as soon as nobody `isWaiting` any more. */
  async primary(isWaiting: () => boolean): Promise<ServerAddress | undefined> {
    for (;;) {
      const found = await this.#ask();
      if (this.#stopped || !isWaiting()) return undefined;
      if (found !== undefined && !this.#isLeft(found)) return found;
      await pause(found === undefined ? POLL_MS : LEAVING_POLL_MS);
    }
  }

  /** Asked of a connection when it is made: what was known when it was begun may be old. */
  isCurrent(address: ServerAddress): boolean {
    return !this.#isLeft(address) && (this.#known === undefined || isSame(this.#known, address));
  }

  #isLeft(address: ServerAddress): boolean {
    const leaving = this.#leaving;
    if (leaving === undefined) return false;
    const over = performance.now() > leaving.until || (leaving.from !== undefined && !isSame(leaving.from, address));
    if (over) this.#leaving = undefined;
    return !over;
  }

  #add(sentinel: ServerAddress): void {
    const key = nameOf(sentinel);
    if (this.#clients.has(key) || this.#clients.size >= SENTINELS_MAX) return;
    const client = new Redis({
      ...this.#deps.options,
      ...sentinel,
      // Of the third version, so that one connection both listens and asks.
      protocol: 3,
      replyMapping: 'legacy',
      connectionName: 'parley-sentinel',
      enableReadyCheck: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
      connectTimeout: ASK_MS,
      socketTimeout: SILENT_MS,
      disconnectTimeout: 0,
      retryStrategy: (attempt) => Math.min(50 * attempt, POLL_MS),
    });
    this.#clients.set(key, client);
    const failed = (error: unknown): void => this.#deps.onError(`the sentinel ${key}`, error);
    client.on('error', failed);
    client.on('ready', () => void this.#listen(client).catch(failed));
    client.on('message', (event: string, text: string) => this.#heard(event, text));
  }

  async #listen(client: Redis): Promise<void> {
    await client.subscribe(...leaves, ...settles, ...aborts);
    // A primary that was changed before we listened.
    void this.#ask();
    const others = (await client.call('SENTINEL', 'SENTINELS', this.#deps.name)) as unknown; // rows of names and values
    for (const row of Array.isArray(others) ? others : []) {
      const { ip = '', port = '', flags = '' } = fieldsOf(row);
      if (ip !== '' && !/disconnected|s_down/.test(flags)) this.#add({ host: ip, port: Number(port) });
    }
  }

  #heard(event: string, text: string): void {
    if (!text.split(' ').includes(this.#deps.name)) return;
    if (leaves.includes(event)) {
      if (this.#leaving !== undefined && performance.now() < this.#leaving.until) return;
      const known = this.#known;
      const from = primaryIn(text) ?? known;
      // Told late: it is about a primary that was left before.
      if (from !== undefined && known !== undefined && !isSame(from, known)) return void this.#ask();
      this.#leaving = { from, until: performance.now() + LEAVING_MS };
      this.#deps.onLeave('a failover has begun');
    } else {
      if (aborts.includes(event)) this.#leaving = undefined;
      void this.#ask();
    }
  }

  /** What the sentinels say now, and tells where that is news; undefined where none answers or none knows the name. Never rejects. */
  async #ask(): Promise<Opinion | undefined> {
    const opinions: Opinion[] = [];
    const asked = [...this.#clients.values()].filter(({ status }) => status === 'ready');
    const most = new Promise<void>((resolve) => {
      const all = asked.map(async (client) => {
        const opinion = await inTime(this.#askOne(client), ASK_MS).catch((error: unknown) => this.#notTold(error));
        if (opinion !== undefined) opinions.push(opinion);
        if (opinions.length > this.#clients.size / 2) setTimeout(resolve, REST_MS);
      });
      void Promise.all(all).then(() => resolve());
    });
    await most;
    return this.#newest(opinions);
  }

  #notTold(error: unknown): undefined {
    this.#deps.onError('asking a sentinel', error);
  }

  async #askOne(client: Redis): Promise<Opinion | undefined> {
    const { name } = this.#deps;
    const [address, details] = await Promise.all([
      client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name),
      client.call('SENTINEL', 'MASTER', name),
    ]);
    if (!Array.isArray(address)) throw new Error(`no sentinel watches a primary named ${name}`);
    const [host, port] = address as [unknown, unknown];
    return { host: String(host), port: Number(port), epoch: Number(fieldsOf(details)['config-epoch'] ?? 0) };
  }

  /** An older opinion than what is known counts only where most share it: somebody has set the sentinels up anew. */
  #newest(opinions: readonly Opinion[]): Opinion | undefined {
    const epoch = Math.max(...opinions.map((opinion) => opinion.epoch));
    const newer = opinions.filter((opinion) => opinion.epoch === epoch);
    // Of two names for the same one, the one in use.
    const newest = newer.find((opinion) => this.#known !== undefined && isSame(opinion, this.#known)) ?? newer[0];
    if (newest === undefined) return undefined;
    const sharing = opinions.filter((opinion) => isSame(opinion, newest)).length;
    const isOld = this.#known !== undefined && newest.epoch < this.#known.epoch;
    if (isOld && sharing <= this.#clients.size / 2) return this.#known;
    const before = this.#known;
    this.#known = newest;
    // Whoever asked: all others have to know, too.
    if (before !== undefined && !isSame(before, newest) && !this.#stopped) {
      this.#deps.onLeave(`the primary is ${nameOf(newest)}`);
    }
    return newest;
  }
}

export const nameOf = ({ host, port }: ServerAddress): string => `${host}:${port}`;

const isSame = (a: ServerAddress, b: ServerAddress): boolean => a.host === b.host && a.port === b.port;

/** The primary that is replaced, of an event about it, `master name host port`, or one of its replicas, `slave … @ name host port`. */
function primaryIn(text: string): ServerAddress | undefined {
  const [, host = '', port = ''] = /(?:^master|@) \S+ (\S+) (\d+)$/.exec(text) ?? [];
  return host === '' ? undefined : { host, port: Number(port) };
}
