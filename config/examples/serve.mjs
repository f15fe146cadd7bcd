// Serves the examples beside the built client library, and nothing else: `node config/examples/serve.mjs`, after
// `npm run build`. Started so, it also starts a service for them, where anybody may log in under any name.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** Gives the server, which listens on 127.0.0.1. The pages connect to the service at `urls`. */
export async function serveExamples({ port = 0, urls }) {
  const server = createServer((request, response) => {
    answer(request.url ?? '/', urls()).then(
      ({ type, body }) => response.writeHead(200, { ...headers, 'content-type': type }).end(body),
      () => response.writeHead(404, headers).end(),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const headers = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' };

async function answer(url, urls) {
  const path = normalize(new URL(url, 'http://localhost').pathname);
  // Where the service is; in an application of your own a constant.
  if (path === `${sep}service.js`)
    return { type: types['.js'], body: `export const urls = ${JSON.stringify(urls)};\n` };
  const type = types[extname(path)];
  if (type === undefined) throw new Error('nothing of that kind');
  // The path is normal and absolute, so nothing leads out of the two folders.
  const file = path.startsWith(`${sep}client${sep}`) ? join(dist, path) : join(here, path);
  return { type, body: await readFile(file) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port, servicePort] = [8300, 8301];
  const server = await serveExamples({ port, urls: () => [`ws://127.0.0.1:${servicePort}/ws`] });
  const service = spawn(process.execPath, [join(dist, 'main.js')], {
    stdio: 'inherit',
    env: {
      ...process.env,
      PARLEY_AUTH: 'open',
      PARLEY_HOST: '127.0.0.1',
      PARLEY_PORT: String(servicePort),
      PARLEY_API_PORT: '0',
      PARLEY_ALLOWED_ORIGINS: `http://127.0.0.1:${port}`,
    },
  });
  for (const example of ['support-inbox', 'live-stream']) console.log(`http://127.0.0.1:${port}/${example}.html`);
  service.once('exit', (code) => {
    server.close();
    server.closeAllConnections();
    process.exitCode = code ?? 0;
  });
  // Ctrl-C reaches both; the service ends first.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => service.kill(signal));
}
