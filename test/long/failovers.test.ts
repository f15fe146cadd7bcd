// What each kind of failover costs on each kind of Redis, as a table: `npm run failovers`. Users talk on two nodes all the
// time, others come and go; what was lost, who was told, how long nobody was served, who was closed, and whom Redis takes for
// present who is not. What can be promised is asserted; how much an unplanned failover loses is up to replication.
import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedis, type RedisAddress } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope, type Scope } from '../support/scope.ts';
import { startWatched } from '../support/sentinels.ts';
import { startService, type Service } from '../support/service.ts';
import { counted, startTalk, type Talk } from '../support/talk.ts';

const scope = useScope();
const busy = { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };
const rooms = ['r0', 'r1', 'r2', 'r3'];
/** What is acknowledged is written down, or at the replica, before the primary is another one. */
const keepsAll = /planned|single, killed|single, frozen/;
/** Users who have left in the last moment before a fault. */
const leavers = 20;

interface Fault {
  readonly redis: RedisAddress;
  /** While the users are there who leave before it happens. */
  readonly before?: () => Promise<void>;
  /** Resolves when there is a primary again. */
  readonly happen: () => Promise<void>;
  /** Brings back what is frozen. */
  readonly after?: () => void;
}

const faults: Readonly<Record<string, (owner: Scope) => Promise<Fault>>> = {
  'single, killed and restarted': async (owner) => {
    const redis = await startRedis(owner, { persist: true });
    return { redis, happen: () => redis.restart() };
  },
  'single, restarted from a snapshot': async (owner) => {
    const redis = await startRedis(owner);
    const happen = async (): Promise<void> => {
      await redis.restart();
    };
    return { redis, before: async () => void (await redis.client().save()), happen };
  },
  'single, frozen for 3 s': async (owner) => {
    const redis = await startRedis(owner);
    const happen = async (): Promise<void> => {
      redis.pause();
      const since = performance.now();
      await eventually(() => expect(performance.now() - since).toBeGreaterThan(3000));
      redis.resume();
    };
    return { redis, happen };
  },
  'sentinel, planned': async (owner) => {
    const redis = await startWatched(owner);
    const former = await redis.primary();
    const happen = async (): Promise<void> => {
      await redis.failover();
      // Until then it acknowledges whatever it is sent, and forgets it.
      await redis.demoted(former);
    };
    return { redis, happen };
  },
  'sentinel, killed': (owner) => killed(owner, 0),
  'sentinel, killed, its replica 0.5 s behind': (owner) => killed(owner, 500),
  'sentinel, frozen': async (owner) => {
    const redis = await startWatched(owner);
    const former = await redis.primary();
    const happen = async (): Promise<void> => {
      former.pause();
      await redis.promoted(former);
    };
    return { redis, happen, after: () => former.resume() };
  },
  ...Object.fromEntries(
    (['planned', 'killed', 'frozen'] as const).map((how) => [
      `cluster, ${how}`,
      async (owner: Scope): Promise<Fault> => {
        const redis = await startRedisCluster(owner, { replicas: true });
        const place = await redis.ownerOf(redis.slotOf('{room:r0}'));
        const happen = async (): Promise<void> => {
          if (how === 'planned') return redis.failover(place);
          if (how === 'killed') await redis.node(place).kill();
          else redis.node(place).pause();
          await redis.promoted(place);
        };
        return { redis, happen, after: () => void (how === 'frozen' && redis.node(place).resume()) };
      },
    ]),
  ),
};

async function killed(owner: Scope, lagMs: number): Promise<Fault> {
  const redis = await startWatched(owner, { lagMs });
  return { redis, happen: async () => void (await redis.fall()) };
}

/** The longest time, in ms, in which nothing was acknowledged; `stop` tells. */
function watchSilence(talk: Talk): { stop(): number } {
  let [before, since, longest] = [talk.acknowledged, performance.now(), 0];
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - since);
    if (talk.acknowledged !== before) since = now;
    before = talk.acknowledged;
  }, 5);
  return {
    stop: () => {
      clearInterval(timer);
      return longest;
    },
  };
}

/** Users that join and are gone the moment before the fault. */
async function comeAndGo(service: Service<RedisAddress>, before: () => Promise<void>): Promise<void> {
  const users = await Promise.all(
    Array.from({ length: leavers }, (_, i) => loginRpc(scope, service.node(i % 2).url, `leaver-${i}`)),
  );
  await Promise.all(users.map((user) => user.call('roomJoin', 'r0')));
  await before();
  for (const user of users) user.raw.terminate();
  // Their leaves are written where they can be.
  const witness = await loginRpc(scope, service.node(0).url, 'witness');
  await witness.call('roomJoin', 'r0');
  await eventually(async () => expect(await leaversIn(witness)).toEqual([]));
}

async function leaversIn(reader: User): Promise<string[]> {
  const list = (await reader.call('roomGetAccessList', 'r0', 'userlist')) as string[]; // names, as the catalogue says
  return list.filter((name) => name.startsWith('leaver-'));
}

/** Who of the leavers is an occupant still. */
async function ghosts(service: Service<RedisAddress>): Promise<string[]> {
  const reader = await eventually(() => loginRpc(scope, service.node(0).url, `reader-${Math.random()}`), {
    timeoutMs: 60_000,
  });
  await reader.call('roomJoin', 'r0');
  return leaversIn(reader);
}

interface Row {
  readonly fault: string;
  readonly acknowledged: number;
  readonly lostTold: number;
  readonly untold: number;
  readonly silenceMs: number;
  readonly closed: number;
  readonly swept: number;
  readonly ghosts: number;
}
const table: Row[] = [];

function faultOf(name: string): Promise<Fault> {
  const start = faults[name];
  if (start === undefined) throw new Error(`no fault is named ${name}`);
  return start(scope);
}

test.each(Object.keys(faults))(
  '%s',
  async (fault) => {
    const { redis, before, happen, after } = await faultOf(fault);
    const service = await startService(scope, { nodes: 2, redis, env: busy });
    const urls = service.nodes.map((node) => node.url);
    const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms, tolerant: true });
    await talk.more(300);
    const silence = watchSilence(talk);
    await comeAndGo(service, before ?? (() => Promise.resolve()));
    await happen();
    await talk.more(300);
    await eventually(
      async () => {
        for (const node of service.nodes) expect((await node.health('/readyz')).status).toBe(200);
      },
      { timeoutMs: 60_000 },
    );
    const silenceMs = Math.round(silence.stop());
    after?.();
    let left: string[] = [];
    await eventually(
      async () => {
        left = await ghosts(service);
        expect(left).toEqual([]);
      },
      { timeoutMs: 30_000 },
    ).catch(() => undefined);
    const verdict = await talk.verdict();
    const closed = talk.clients.reduce((sum, client) => sum + client.seen('disconnect').length, 0);
    table.push({
      fault,
      acknowledged: verdict.counts.acknowledged,
      lostTold: verdict.counts.lostTold,
      untold: verdict.violations.length,
      silenceMs,
      closed,
      swept: await counted(service.nodes, 'parley_nodes_swept_total'),
      ghosts: left.length,
    });
    expect(verdict.violations).toEqual([]);
    expect({ closed, ghosts: left }).toEqual({ closed: 0, ghosts: [] });
    if (keepsAll.test(fault)) expect(verdict.lostTold).toEqual([]);
  },
  300_000,
);

afterAll(() => {
  const names = Object.keys(table[0] ?? {});
  const lines = [names, names.map(() => '---'), ...table.map((row) => Object.values(row).map(String))];
  process.stdout.write(`${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`);
});
