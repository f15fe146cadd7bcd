// The bot as a program of its own: `node config/examples/bot/bot.mjs --room lobby`, after `npm run build`, beside a service that lets
// in by name (`npm start`). What it answers is in answers.mjs.
import { parseArgs } from 'node:util';
import { createClient } from '../../../dist/client/index.js';
import { answerIn, greet } from './answers.mjs';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'ws://127.0.0.1:8080/ws' },
    room: { type: 'string', multiple: true, default: ['lobby'] },
    name: { type: 'string', default: 'bot' },
  },
});
const { url, name } = values;

// Node before 22 has none of its own.
const { WebSocket } = globalThis.WebSocket === undefined ? await import('ws') : globalThis;
const client = createClient({ urls: url, credentials: { userName: name }, WebSocket });

try {
  await client.connect();
  for (const roomName of new Set(values.room)) {
    const room = await client.room(roomName).join({ create: true });
    answerIn(room, { name });
    await greet(room, { name });
    console.log(`${name} answers in ${roomName}`);
  }
} catch (error) {
  console.error(`${name} cannot answer at ${url}: ${error.message}`);
  process.exitCode = 1;
  await client.close();
}

client.on('close', ({ reason }) => console.log(`${name} has ended: ${reason}`));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void client.close());
