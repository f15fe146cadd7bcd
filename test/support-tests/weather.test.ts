// A split link in front of a plain echo server: what it does to one kind of connection does not touch the other.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { createRng } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { blow, startSplitLink } from '../support/weather.ts';

const scope = useScope();

async function startEcho(): Promise<number> {
  const server = createServer((socket) => void socket.on('error', () => undefined).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.add(() => void server.close());
  return (server.address() as AddressInfo).port; // of a listening TCP server it is always of this shape
}

async function visit(url: string, name: string): Promise<{ socket: Socket; received(): string }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  scope.add(() => void socket.destroy());
  let text = '';
  socket.on('data', (bytes) => (text += bytes.toString()));
  await once(socket, 'connect');
  socket.write(name);
  await eventually(() => expect(text).toBe(name));
  text = '';
  return { socket, received: () => text };
}

test('the bus and commands are delayed apart, and other connections not at all', async () => {
  const link = await startSplitLink(scope, await startEcho());
  const [bus, commands, lease] = await Promise.all(
    ['parley-subscriber', 'parley-commands', 'parley-lease'].map((name) => visit(link.url, name)),
  );
  const texts = (): (string | undefined)[] => [bus, commands, lease].map((visitor) => visitor?.received());
  const say = (text: string): void => [bus, commands, lease].forEach((visitor) => visitor?.socket.write(text));
  link.bus.delay(600_000);
  say('1');
  await eventually(() => expect(texts()).toEqual(['', '1', '1']));
  link.bus.delay(0);
  link.commands.delay(600_000);
  say('2');
  await eventually(() => expect(texts()).toEqual(['12', '1', '12']));
  link.commands.delay(0);
  await eventually(() => expect(texts()).toEqual(['12', '12', '12']));
});

test('what the wind has delayed comes in order and whole, and calm is left when it is over', async () => {
  const link = await startSplitLink(scope, await startEcho());
  const visitor = await visit(link.url, 'parley-commands');
  let isOver = false;
  const wind = { busMsMax: 20, commandsMsMax: 20, lastsMs: [1, 5] } as const;
  const blowing = blow(createRng(1), link, wind, () => isOver);
  const pieces = Array.from({ length: 200 }, (_, i) => `${i};`);
  for (const piece of pieces) {
    visitor.socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  isOver = true;
  await blowing;
  await eventually(() => expect(visitor.received()).toBe(pieces.join('')));
});
