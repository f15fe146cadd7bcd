// What unread counts cost who does not ask for them: one command of a batch of posts, nothing of a login.
import { connect } from 'node:net';
import { beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';

const scope = useScope();
let service: Service<RedisServer>;

beforeAll(async () => {
  service = await startService(scope, { nodes: 1, redis: await startRedis(scope) });
});

interface Seen {
  /** Commands of scripts on keys of a tag, with what follows the tag, in order. */
  readonly ofScripts: (tag: string) => string[];
  /** Scripts that a node has asked for on keys of a tag. */
  readonly scripts: (tag: string) => number;
}

/** What Redis does until `work` is done. */
async function watch(work: () => Promise<unknown>): Promise<Seen> {
  const commands: { readonly args: readonly string[]; readonly source: string }[] = [];
  const monitor = connect(service.redis.port, '127.0.0.1');
  scope.add(() => void monitor.destroy());
  let isOn = false;
  let rest = '';
  monitor.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, source] = /^\+[\d.]+ \[\d+ (\S+)\]/.exec(line) ?? [];
      isOn ||= line === '+OK';
      const args = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, arg = '']) => arg);
      if (source !== undefined) commands.push({ args, source });
    }
  });
  monitor.write('MONITOR\r\n');
  await eventually(() => expect(isOn).toBe(true));
  await work();
  // Behind it, so that all of it is seen.
  const mark = `seen-${commands.length}`;
  await service.redis.client().set(mark, '1');
  await eventually(() => expect(commands.some(({ args }) => args[1] === mark)).toBe(true));
  monitor.destroy();
  const of = (tag: string): typeof commands => commands.filter(({ args }) => args.some((arg) => arg.includes(tag)));
  return {
    ofScripts: (tag) =>
      of(tag).flatMap(({ args: [name = '', key = ''], source }) =>
        source === 'lua' ? [`${name.toLowerCase()} ${key.slice(key.indexOf(tag) + tag.length + 1)}`] : [],
      ),
    scripts: (tag) =>
      of(tag).filter(({ args, source }) => source !== 'lua' && /^(?:eval|fcall)/i.test(args[0] ?? '')).length,
  };
}

const login = (userName: string, credentials = {}): ReturnType<typeof loginRpc> =>
  loginRpc(scope, service.node(0).url, userName, { credentials: { userName, ...credentials } });

test('a batch of posts moves all marks by one command more', async () => {
  const [ann, bob] = [await login('ann'), await login('bob')];
  await ann.call('roomCreate', 'lobby');
  for (const one of [ann, bob]) await one.call('roomJoin', 'lobby');
  // Until one is not the first of its second, which looks at ages as well.
  await eventually(async () => {
    await ann.call('roomMessage', 'lobby', { warm: 'up' });
    const one = await watch(() => ann.call('roomMessage', 'lobby', {}));
    expect(one.ofScripts('{room:lobby}')).toEqual([
      'hmget meta',
      'hexists members',
      'xadd history',
      'hset meta',
      'spublish channel',
      'hset marks',
    ]);
  });
  const posts = Array.from({ length: 10 }, (): [string, string, object] => ['roomMessage', 'lobby', {}]);
  const several = await watch(() =>
    Promise.all(posts.map(([method, roomName, message]) => ann.call(method, roomName, { ...message }))),
  );
  const writes = several.ofScripts('{room:lobby}');
  // However they were put together: as often as the position is written.
  expect(writes.filter((command) => command === 'hset marks')).toHaveLength(
    writes.filter((command) => command === 'hset meta').length,
  );
  expect(writes.filter((command) => /marks|mentioned/.test(command))).toHaveLength(
    writes.filter((command) => command === 'hset marks').length,
  );
});

test('a login of another mode asks Redis for nothing of it', async () => {
  const seen = async (userName: string, credentials = {}): Promise<[number, string[]]> => {
    // The first one of a kind loads the scripts.
    await login(userName, credentials);
    const { scripts, ofScripts } = await watch(() => login(userName, credentials));
    return [scripts(`{user:${userName}}`), ofScripts(`{user:${userName}}`).filter((one) => one.endsWith(' unread'))];
  };
  // Until what the login before it has left to be done is done.
  await eventually(async () => expect(await seen('carol')).toEqual([1, []]));
  await eventually(async () => expect(await seen('dave', { offlineMessages: 'none' })).toEqual([1, []]));
  await eventually(async () => expect((await seen('eve', { offlineMessages: 'unread' }))[0]).toBe(3));
});
