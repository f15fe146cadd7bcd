// An HTTP client of one address: what comes back, where it does not go, and what bounds it. That servers hear it as it was meant, of
// real sockets; only the look-up of names is this machine's own.
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { Endpoint, type EndpointOptions } from '../../src/endpoint/endpoint.ts';
import { eventually } from '../support/eventually.ts';
import { listen } from '../support/loopback.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();

type Listener = (...of: Parameters<RequestListener>) => unknown;

const serve = async (listener: Listener): Promise<string> =>
  `http://127.0.0.1:${await listen(
    scope,
    createServer((...of) => void listener(...of)),
  )}/hook?a=1`;

function connect(url: string, options: Partial<EndpointOptions> = {}): Endpoint {
  const usual = { allowPrivate: true, timeoutMs: 10_000, maxResponseBytes: 1000, concurrency: 4 };
  const endpoint = new Endpoint({ ...usual, ...options, url });
  scope.add(() => endpoint.close());
  return endpoint;
}

describe('a request', () => {
  test('goes to the address whole, and its answer comes back whole, over one connection for all', async () => {
    const heard: { request: IncomingMessage; body: string }[] = [];
    const url = await serve(async (request, response) => {
      heard.push({ request, body: await text(request) });
      response.writeHead(202, { 'x-two': ['a', 'b'], 'content-type': 'text/plain' }).end('taken');
    });
    const endpoint = connect(url);
    const answer = await endpoint.post('{"ü":1}', { 'content-type': 'application/json' });
    expect(answer).toMatchObject({ status: 202, headers: { 'x-two': 'a, b', 'content-type': 'text/plain' } });
    expect(answer.body.toString()).toBe('taken');
    await endpoint.post(Buffer.from([0, 255]), {});
    expect(heard.map(({ request: { method, url: path } }) => [method, path])).toEqual([
      ['POST', '/hook?a=1'],
      ['POST', '/hook?a=1'],
    ]);
    expect(heard[0]).toMatchObject({ body: '{"ü":1}', request: { headers: { 'content-length': '8' } } });
    expect(new Set(heard.map(({ request }) => request.socket.remotePort)).size).toBe(1);
  });

  test.each([301, 307, 308])('is not sent on by an answer of %i', async (status) => {
    let elsewhere = 0;
    const other = await serve((_, response) => {
      elsewhere++;
      response.end();
    });
    const url = await serve((_, response) => response.writeHead(status, { location: other }).end());
    expect(await connect(url).post('', {})).toMatchObject({ status, headers: { location: other } });
    expect(elsewhere).toBe(0);
  });

  test('is sent again, once, where a kept connection ends before anything was read', async () => {
    let connections = 0;
    const server = createTcpServer((socket) => {
      connections++;
      let requests = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        if (requests++ === 0) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        else socket.resetAndDestroy();
      });
    });
    const endpoint = connect(`http://127.0.0.1:${await listen(scope, server)}/`);
    for (let count = 0; count < 3; count++) expect(await endpoint.post('x', {})).toMatchObject({ status: 200 });
    expect(connections).toBe(3);
  });

  test('is not sent over another connection that may be gone as well', async () => {
    const reused: boolean[] = [];
    let isRestarted = false;
    const server = createTcpServer((socket) => {
      let requests = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests++;
        if (isRestarted) reused.push(requests > 1);
        // Together, so that each has a connection of its own.
        if (isRestarted && requests > 1) socket.resetAndDestroy();
        else if (isRestarted) socket.write(ok);
        else if (waiting.push(() => socket.write(ok)) === 4) for (const answer of waiting) answer();
      });
    });
    const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
    const waiting: (() => void)[] = [];
    const endpoint = connect(`http://127.0.0.1:${await listen(scope, server)}/`);
    await Promise.all([1, 2, 3, 4].map(() => endpoint.post('x', {})));
    isRestarted = true;
    expect(await endpoint.post('x', {})).toMatchObject({ status: 200 });
    expect(reused).toEqual([true, false]);
  });

  test('is over with an answer that changes the protocol, and so is its place among the others', async () => {
    let isMended = false;
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        const switching = 'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\n';
        socket.write(isMended ? 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n' : switching);
      });
    });
    const endpoint = connect(`http://127.0.0.1:${await listen(scope, server)}/`, { concurrency: 1 });
    for (let count = 0; count < 3; count++) {
      await expect(endpoint.post('x', {})).rejects.toMatchObject({ reason: 'unreachable' });
    }
    isMended = true;
    expect(await endpoint.post('x', {})).toMatchObject({ status: 200 });
  });
});

/** A server that answers what it is sent with these bytes, and then as `andThen` says. Gives its address, and how often it was asked. */
async function serveRaw(
  answer: string,
  andThen?: (socket: Socket) => void,
): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      asked++;
      socket.write(answer, () => andThen?.(socket));
    });
  });
  return { url: `http://127.0.0.1:${await listen(scope, server)}/`, asked: () => asked };
}

describe('an answer', () => {
  test.each([
    ['without a body', 204, 'HTTP/1.1 204 No Content\r\n\r\nOK'],
    ['without a body, of a length', 204, 'HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nOK'],
    ['that has not changed', 304, 'HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\nOK'],
    ['that says its length', 200, 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nOK'],
  ])('%s is one, whatever comes behind it', async (_, status, answer) => {
    const endpoint = connect((await serveRaw(answer)).url);
    for (let count = 0; count < 2; count++) {
      expect(await endpoint.post('x', {})).toMatchObject({ status, body: Buffer.of() });
    }
  });

  test.each([
    ['by a reset', (socket: Socket) => void socket.resetAndDestroy()],
    ['by an end', (socket: Socket) => void socket.end()],
    ['by what is no chunk', (socket: Socket) => void socket.write('no chunk\r\n')],
  ])(
    'that breaks off, %s, over a kept connection, is not asked for again, and tells how it began',
    async (_, breakOff) => {
      const half = 'HTTP/1.1 503 Away\r\nretry-after: 7\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n';
      let isWhole = true;
      const { url, asked } = await serveRaw(half, (socket) => {
        if (isWhole) socket.write('0\r\n\r\n');
        else breakOff(socket);
      });
      const endpoint = connect(url);
      await endpoint.post('x', {});
      isWhole = false;
      const broken = { reason: 'unreachable', status: 503, headers: { 'retry-after': '7' } };
      await expect(endpoint.post('x', {})).rejects.toMatchObject(broken);
      expect(asked()).toBe(2);
    },
  );
});

describe('an address', () => {
  test.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '0.0.0.0', '2130706433', '0x7f.1'])(
    'of this machine, written %s, is not connected to unless it may be',
    async (host) => {
      let requests = 0;
      const url = new URL(
        await serve((_, response) => {
          requests++;
          response.end();
        }),
      );
      const there = `http://${host}:${url.port}/`;
      await expect(connect(there, { allowPrivate: false }).post('', {})).rejects.toMatchObject({ reason: 'forbidden' });
      expect(requests).toBe(0);
      if (host === '[::1]') return;
      expect(await connect(there).post('', {})).toMatchObject({ status: 200 });
    },
  );

  test('that cannot be trusted by its certificate gets nothing', async () => {
    let requests = 0;
    const port = await listen(
      scope,
      createSecureServer(() => void requests++),
    );
    const refused = connect(`https://127.0.0.1:${port}/`).post('secret', { authorization: 'secret' });
    await expect(refused).rejects.toMatchObject({
      reason: 'unreachable',
      message: expect.not.stringMatching(/secret/),
    });
    expect(requests).toBe(0);
  });
});

describe('of what is bounded', () => {
  test('an answer is too large, with how it began', async () => {
    const url = await serve(
      (_, response) => void response.writeHead(503, { 'retry-after': '7' }).write('x'.repeat(5000)),
    );
    const begun = { status: 503, headers: { 'retry-after': '7' } };
    await expect(connect(url).post('', {})).rejects.toMatchObject({ reason: 'tooLarge', ...begun });
  });

  test('an answer does not come in time, be it begun or not', async () => {
    const silent = connect(await serve(() => undefined), { timeoutMs: 50 });
    await expect(silent.post('', {})).rejects.toMatchObject({ reason: 'timeout' });
    const slow = await serve((_, response) => void response.writeHead(200).write('x'));
    const late = { reason: 'timeout', status: 200 };
    await expect(connect(slow, { timeoutMs: 200 }).post('', {})).rejects.toMatchObject(late);
  });

  test('requests wait for their turn, in order, and who comes when too many wait is refused', async () => {
    const answers: (() => void)[] = [];
    const order: string[] = [];
    const url = await serve(async (request, response) => {
      order.push(await text(request));
      answers.push(() => response.end());
    });
    const endpoint = connect(url, { concurrency: 1 });
    const given = Array.from({ length: 17 }, (_, index) => endpoint.post(String(index), {}));
    await expect(endpoint.post('late', {})).rejects.toMatchObject({ reason: 'busy' });
    for (let count = 1; count <= 17; count++) {
      await eventually(() => expect(answers).toHaveLength(count));
      answers.at(-1)?.();
    }
    await Promise.all(given);
    expect(order).toEqual(given.map((_, index) => String(index)));
  });

  test('a request waits for its turn for half of the time, and was then not sent; the whole time is for the answer', async () => {
    const asked: string[] = [];
    let isSilent = true;
    const url = await serve(async (request, response) => {
      asked.push(await text(request));
      if (isSilent) return;
      // The second is answered when it would be too late, had its time begun with its wait.
      setTimeout(() => response.end(), asked.at(-1) === '3' ? 600 : 1700);
    });
    const endpoint = connect(url, { concurrency: 1, timeoutMs: 2000 });
    const [silent, waiting] = [endpoint.post('1', {}), endpoint.post('2', {})].map((sent) => sent.catch(Object));
    expect(await waiting).toMatchObject({ reason: 'busy' });
    expect(await silent).toMatchObject({ reason: 'timeout' });
    isSilent = false;
    const answered = { status: 200 };
    expect(await Promise.all([endpoint.post('3', {}), endpoint.post('4', {})])).toMatchObject([answered, answered]);
    expect(asked).toEqual(['1', '3', '4']);
  });

  test('a request ends that its caller gives up, under way or waiting, and with the endpoint all of them', async () => {
    let [begun, ended] = [0, 0];
    const url = await serve((request) => {
      begun++;
      request.socket.on('close', () => void ended++);
    });
    const endpoint = connect(url, { concurrency: 1 });
    const [first, second] = [new AbortController(), new AbortController()];
    const given = [endpoint.post('1', {}, first.signal), endpoint.post('2', {}, second.signal), endpoint.post('3', {})];
    const aborted = { status: 'rejected', reason: expect.objectContaining({ reason: 'aborted' }) };
    await eventually(() => expect(begun).toBe(1));
    second.abort();
    expect(await Promise.allSettled([given[1]])).toEqual([aborted]);
    first.abort();
    expect(await Promise.allSettled([given[0]])).toEqual([aborted]);
    endpoint.close();
    expect(await Promise.allSettled([given[2], endpoint.post('4', {})])).toEqual([aborted, aborted]);
    await eventually(() => expect(ended).toBe(begun));
  });

  test('nobody listens', async () => {
    const server = createServer();
    const port = await listen(scope, server);
    await new Promise((resolve) => server.close(resolve));
    await expect(connect(`http://127.0.0.1:${port}/`).post('', {})).rejects.toMatchObject({ reason: 'unreachable' });
  });
});
