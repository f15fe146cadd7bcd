// The floor of anything that spans nodes: uWebSockets.js and one script per request. A post counts, appends and publishes;
// every relay hears one channel and publishes natively what it hears. No rules, no recovery, no bounds.
import { encode } from '@msgpack/msgpack';
import { Redis } from 'ioredis';
import uWS from 'uWebSockets.js';
import { serve } from './floor.ts';

const CHANNEL = 'relay';

const scripts = {
  login: `redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) return 1`,
  join: `redis.call('HSET', KEYS[1], ARGV[1], '1') redis.call('PUBLISH', KEYS[2], ARGV[2]) return 1`,
  post: `local id = redis.call('INCR', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', '10000', id .. '-0', 'e', ARGV[1])
redis.call('PUBLISH', KEYS[3], ARGV[1])
return id`,
};

const url = process.env.BENCH_REDIS_URL ?? '';
const commands = new Redis(url, { enableAutoPipelining: true });
const subscriber = new Redis(url);
const [login, join, post] = await Promise.all(
  [scripts.login, scripts.join, scripts.post].map(async (lua) => String(await commands.script('LOAD', lua))),
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
    settle(commands.evalsha(login, 1, `user:${userName}`, 'at', String(Date.now())), answer);
  },
  join: ({ userName, roomName }, ws, answer) => {
    const notice = eventOf(roomName, encode([2, 'roomUserJoined', [roomName, userName]]));
    ws.subscribe(roomName);
    settle(commands.evalsha(join, 2, `members:${roomName}`, CHANNEL, userName, notice), answer);
  },
  post: ({ roomName }, notification, answer) => {
    const keys = [`id:${roomName}`, `history:${roomName}`, CHANNEL];
    settle(commands.evalsha(post, 3, ...keys, eventOf(roomName, notification)), answer);
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
