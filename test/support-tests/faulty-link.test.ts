// The faulty link in front of a plain echo server: each fault does what its name says and nothing else.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startLink, type FaultyLink } from '../support/faulty-link.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();

/** Answers every piece of data with its name in front, and ends when the other side has ended. */
async function startEcho(name: string): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => socket.write(`${name}:${bytes.toString()}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.add(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

interface Visitor {
  readonly socket: Socket;
  received(): string;
  readonly closed: Promise<'ended' | 'reset'>;
}

async function visit(link: FaultyLink): Promise<Visitor> {
  const socket = connect(link.port, '127.0.0.1');
  scope.add(() => {
    socket.destroy();
  });
  let text = '';
  let failed = false;
  socket.on('data', (bytes) => (text += bytes.toString()));
  socket.on('error', () => (failed = true));
  const closed = new Promise<'ended' | 'reset'>((resolve) => {
    socket.once('close', () => resolve(failed ? 'reset' : 'ended'));
  });
  await once(socket, 'connect');
  return { socket, received: () => text, closed };
}

test('forwards both ways, passes the end on, and counts', async () => {
  const link = await startLink(scope, await startEcho('a'));
  const visitor = await visit(link);
  visitor.socket.write('hello');
  await eventually(() => expect(visitor.received()).toBe('a:hello'));
  expect(link.connections).toBe(1);
  visitor.socket.end();
  expect(await visitor.closed).toBe('ended');
  await eventually(() => expect(link.connections).toBe(0));
});

test('carries more than the buffers hold without loss', async () => {
  const link = await startLink(scope, await startEcho(''));
  const visitor = await visit(link);
  const blob = 'x'.repeat(8 * 1024 * 1024);
  visitor.socket.end(blob);
  await visitor.closed;
  expect(visitor.received().replaceAll(':', '')).toHaveLength(blob.length);
});

test('cut resets what is open and lets new connections in', async () => {
  const link = await startLink(scope, await startEcho('a'));
  const visitor = await visit(link);
  visitor.socket.write('1');
  await eventually(() => expect(visitor.received()).toBe('a:1'));
  link.cut();
  expect(await visitor.closed).toBe('reset');
  const next = await visit(link);
  next.socket.write('2');
  await eventually(() => expect(next.received()).toBe('a:2'));
});

test('pause holds everything and loses nothing, also for connections made meanwhile', async () => {
  const link = await startLink(scope, await startEcho('a'));
  const [direct, early] = [await startLink(scope, await startEcho('b')), await visit(link)];
  link.pause();
  const late = await visit(link);
  early.socket.write('early');
  late.socket.write('late');
  // A round trip elsewhere, so that a link that did not hold would have delivered by now.
  const other = await visit(direct);
  other.socket.write('other');
  await eventually(() => expect(other.received()).toBe('b:other'));
  expect([early.received(), late.received()]).toEqual(['', '']);
  link.resume();
  await eventually(() => expect([early.received(), late.received()]).toEqual(['a:early', 'a:late']));
});

test('delay holds back answers in order, and what is held survives the end of the request', async () => {
  const link = await startLink(scope, await startEcho('a'));
  const visitor = await visit(link);
  link.delay(600_000);
  visitor.socket.write('one ');
  const direct = await visit(await startLink(scope, await startEcho('b')));
  direct.socket.write('other');
  await eventually(() => expect(direct.received()).toBe('b:other'));
  expect(visitor.received()).toBe('');
  visitor.socket.end('two');
  link.delay(50);
  expect(await visitor.closed).toBe('ended');
  expect(visitor.received().replaceAll('a:', '')).toBe('one two');
});

test('refuse resets new connections only; setTarget moves new ones only', async () => {
  const link = await startLink(scope, await startEcho('a'));
  const old = await visit(link);
  old.socket.write('1');
  await eventually(() => expect(old.received()).toBe('a:1'));
  link.refuse(true);
  const refused = await visit(link).then(
    ({ closed }) => closed,
    () => 'reset',
  );
  expect(refused).toBe('reset');
  link.refuse(false);
  link.setTarget(await startEcho('b'));
  const moved = await visit(link);
  moved.socket.write('2');
  old.socket.write('3');
  await eventually(() => expect([moved.received(), old.received()]).toEqual(['b:2', 'a:1a:3']));
});

test('a target that is not there resets the connection; a stopped link is closed', async () => {
  const link = await startLink(scope, 1);
  const visitor = await visit(link);
  expect(await visitor.closed).toBe('reset');
  await link.stop();
  await expect(visit(link)).rejects.toThrow('ECONNREFUSED');
});

test('a link that is about some connections only leaves the others alone; stranded ones carry nothing more', async () => {
  const link = await startLink(scope, await startEcho('a'), { only: /shaky/ });
  const sound = await visit(link);
  const shaky = await visit(link);
  shaky.socket.write('shaky');
  await eventually(() => expect(shaky.received()).toBe('a:shaky'));
  link.strand();
  link.resume();
  for (const visitor of [sound, shaky]) visitor.socket.write('1');
  await eventually(() => expect(sound.received()).toBe('a:1'));
  const next = await visit(link);
  next.socket.write('shaky too');
  await eventually(() => expect(next.received()).toBe('a:shaky too'));
  expect(shaky.received()).toBe('a:shaky');

  link.refuse(true);
  const refused = await visit(link);
  const passed = await visit(link);
  for (const [visitor, text] of [
    [refused, 'shaky'],
    [passed, 'fine'],
  ] as const) {
    visitor.socket.write(text);
  }
  expect(await refused.closed).toBe('reset');
  await eventually(() => expect(passed.received()).toBe('a:fine'));
  link.cut();
  expect(await next.closed).toBe('reset');
  sound.socket.write('2');
  await eventually(() => expect(sound.received()).toBe('a:1a:2'));
});
