// The floor of anything that spans nodes: uWebSockets.js and one script per request. A post counts, appends and publishes;
// every relay hears one channel and publishes natively what it hears. No rules, no recovery, no bounds.
import { once } from 'node:events';
import { encode } from '@msgpack/msgpack';
import { Cluster, Redis } from 'ioredis';
import uWS from 'uWebSockets.js';
import { serve } from './floor.ts';

const CHANNEL = 'relay';

const scripts = {
  login: `redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) return 1`,
  join: `redis.call('HSET', KEYS[1], ARGV[1], '1') redis.call('PUBLISH', ARGV[3], ARGV[2]) return 1`,
  post: `local id = redis.call('INCR', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', '10000', id .. '-0', 'e', ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[1])
return id`,
};

const url = process.env.BENCH_REDIS_URL ?? '';
const open = (options: { enableAutoPipelining?: boolean } = {}): Cluster | Redis =>
  process.env.BENCH_REDIS_MODE === 'cluster' ? new Cluster(url.split(','), options) : new Redis(url, options);
const commands = open({ enableAutoPipelining: true });
const subscriber = open();
if (commands instanceof Cluster) await once(commands, 'ready');
const servers = commands instanceof Cluster ? commands.nodes('master') : [commands];
const [login, join, post] = await Promise.all(
  [scripts.login, scripts.join, scripts.post].map(async (lua) => {
    const [hash] = await Promise.all(servers.map((server) => server.script('LOAD', lua)));
    return String(hash);
  }),
);
if (login === undefined || join === undefined || post === undefined) throw new Error('the scripts were not loaded');

const app = uWS.App();

subscriber.on('messageBuffer', (_: Buffer, event: Buffer) => {
  const frameAt = 1 + (event[0] ?? 0);
  app.publish(event.toString('latin1', 1, frameAt), event.subarray(frameAt), true);
});
await subscriber.subscribe(CHANNEL);

serve(app, {
  login: ({ userName }, answer) => {
    settle(commands.evalsha(login, 1, `user:{${userName}}`, 'at', String(Date.now())), answer);
  },
  join: ({ userName, roomName }, ws, answer) => {
    const notice = eventOf(roomName, encode([2, 'roomUserJoined', [roomName, userName]]));
    ws.subscribe(roomName);
    settle(commands.evalsha(join, 1, `members:{${roomName}}`, userName, notice, CHANNEL), answer);
  },
  post: ({ roomName }, notification, answer) => {
    const keys = [`id:{${roomName}}`, `history:{${roomName}}`];
    settle(commands.evalsha(post, 2, ...keys, eventOf(roomName, notification), CHANNEL), answer);
  },
});

/** The name of the room before the frame, for the relays that hear it. */
function eventOf(roomName: string, frame: Uint8Array): Buffer {
  const name = Buffer.from(roomName, 'latin1');
  return Buffer.concat([Buffer.from([name.length]), name, frame]);
}

/** A floor that loses its Redis ends. */
function settle(reply: Promise<unknown>, answer: () => void): void {
  reply.then(answer, (error: unknown) => {
    setImmediate(() => {
      throw error;
    });
  });
}
