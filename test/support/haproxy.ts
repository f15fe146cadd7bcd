// Runs the load balancer with the configuration that is shipped, on loopback before the nodes given. Starting and stopping
// those nodes is up to the tests.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scope } from './disposal.ts';
import { eventually } from './eventually.ts';
import { startProcess, type OwnedProcess } from './owned-process.ts';
import { freePort } from './ports.ts';

const configuration = fileURLToPath(new URL('../../config/haproxy.cfg', import.meta.url));
const portAttempts = 5;

export interface Balancer {
  /** Address for WebSocket clients. */
  readonly url: string;
  readonly port: number;
  /** Everything printed so far; one line for each request that has ended, a WebSocket's whole life being one. */
  readonly lines: readonly string[];
  /** GET of a path; resolves with the status. */
  status(path: string): Promise<number>;
}

/** Starts it before nodes on these ports, one to three, and resolves when it finds one of them ready. */
export async function startBalancer(scope: Scope, nodePorts: readonly number[]): Promise<Balancer> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const started = await launch(port, nodePorts);
    if ('process' in started) {
      scope.add(async () => {
        await started.process.kill();
      });
      return { url: `ws://127.0.0.1:${port}/ws`, port, lines: started.lines, status: (path) => status(port, path) };
    }
    // Somebody may have taken the port first; anything else would fail again.
    if (attempt === portAttempts || !/already in use/i.test(started.failure)) throw new Error(started.failure);
  }
}

/** What HAProxy itself says about the shipped configuration: its exit code and what it printed. */
export async function checkConfiguration(): Promise<{ code: number | null; lines: string[] }> {
  const lines: string[] = [];
  const check = await startProcess(haproxyProgram(), ['-c', '-f', configuration], {
    env: { ...process.env, ...addresses(1, [2, 3, 4]) },
    onLine: (line) => lines.push(line),
  });
  const { code } = await check.exited;
  return { code, lines };
}

async function launch(
  port: number,
  nodePorts: readonly number[],
): Promise<{ process: OwnedProcess; lines: string[] } | { failure: string }> {
  const lines: string[] = [];
  // -db: in the foreground.
  const haproxy = await startProcess(haproxyProgram(), ['-db', '-f', configuration], {
    env: { ...process.env, ...addresses(port, nodePorts) },
    onLine: (line) => lines.push(line),
  });
  const ready = eventually(
    async () => {
      const answer = await status(port, '/healthz');
      if (answer !== 200) throw new Error(`/healthz: ${answer}`);
    },
    { what: 'the load balancer finds a node' },
  );
  const first = await Promise.race([
    ready.then(
      () => 'ready' as const,
      (error: unknown) => String(error),
    ),
    haproxy.exited.then(() => 'ended'),
  ]);
  if (first === 'ready') return { process: haproxy, lines };
  await haproxy.kill();
  return { failure: `HAProxy did not start (${first}):\n${lines.slice(-10).join('\n')}` };
}

/** The variables that the configuration takes; fewer than three nodes take more places each. */
function addresses(port: number, nodePorts: readonly number[]): Record<string, string> {
  const nodes = [0, 1, 2].map((i) => [`NODE_${i + 1}`, `127.0.0.1:${nodePorts[i % nodePorts.length]}`]);
  return { BIND: `127.0.0.1:${port}`, ...Object.fromEntries(nodes) };
}

async function status(port: number, path: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  await response.arrayBuffer();
  return response.status;
}

/** `npm test` has seen to it that there is one, or leaves these tests out. Debian has it where not every PATH leads. */
function haproxyProgram(): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].filter((folder) => folder !== '');
  const found = folders.map((folder) => join(folder, 'haproxy')).find((file) => existsSync(file));
  if (found === undefined) throw new Error('haproxy is needed on PATH');
  return found;
}
