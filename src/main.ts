/** Reads the configuration, starts a node, drains on SIGTERM. No logic. */
import { setFlagsFromString } from 'node:v8';
import { effectiveSettings, readConfig } from './config/config.ts';
import { loadNative } from './gateway/native.ts';
import { loadHooks } from './hooks/load.ts';
import { buildNode } from './node/build.ts';
import { GatewayNode } from './node/node.ts';
import { about, createLog, logConsole, sampled } from './ops/log.ts';
import { logOutput } from './ops/log-output.ts';
import { endProcess, ENGINE_FLAGS, readVersion } from './ops/process.ts';
import { resolveRedis, type ResolvedRedis } from './redis/local-redis.ts';

/** Of what nobody has waited for one line is written in so long. */
const STRAYS_MS = 10_000;

for (const flag of Object.values(ENGINE_FLAGS)) setFlagsFromString(flag);
const warnings: string[] = [];
const read = readConfig(process.env, { warn: (sentence) => warnings.push(sentence) });
if ('mistakes' in read) {
  for (const mistake of read.mistakes) process.stderr.write(`${mistake}\n`);
  process.exit(2);
}
const { config } = read;
if (process.argv.includes('--print-config')) {
  for (const line of effectiveSettings(config)) process.stdout.write(`${line}\n`);
  process.exit(0);
}

// Asked for like this, a pipe does not hold up who writes to it.
const output = logOutput(process.stdout.fd, (lines) =>
  log.warn({ lines }, 'lines of the log are missing: nobody read them in time'),
);
const log = createLog({ level: config.logLevel, destination: output.destination });
// A hook may leave something behind at each message.
const strays = sampled(log, STRAYS_MS);
async function exit(code: number): Promise<never> {
  strays.flush();
  await output.end();
  return endProcess(code);
}

/** As far as it has come. */
const running: { node?: GatewayNode; redis?: ResolvedRedis } = {};
let stopping = false;
// Before anything that takes its time: a process that is the first of its container is not ended by a signal that it does not handle.
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'draining');
    stop().then(
      () => {
        log.info('stopped');
        return exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'the drain failed');
        return exit(1);
      },
    );
  });
}
async function stop(): Promise<void> {
  await running.node?.drain();
  await running.redis?.stop();
}

for (const warning of warnings) log.warn(warning);
logConsole(log, output.destination);
let started = false;
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    if (started || stopping) return strays.error(event, { err: error }, `${event}: the node goes on`);
    // What is half made will never serve, and nobody would see that it does not.
    log.fatal({ err: error }, `${event}: cannot start`);
    stopping = true;
    void exit(1);
  });
}

const hooks = config.hooks.path === undefined ? undefined : await loadHooks(config.hooks.path);
if (hooks !== undefined && 'problem' in hooks) {
  process.stderr.write(`${hooks.problem}\n`);
  await output.end();
  process.exit(2);
}

const native = await loadNative(log);
if ('problem' in native) {
  log.fatal(native.problem);
  await output.end();
  process.exit(1);
}
const redis = (running.redis = await resolveRedis(config, log));
const build = { version: readVersion(), nodeVersion: process.versions.node, uws: native.build };
const node = (running.node = new GatewayNode(
  buildNode(config, { redis: redis.endpoint, uws: native.uws, build, log, hooks }),
));

try {
  const ports = await node.start();
  started = true;
  if (ports !== undefined) {
    const { host, apiHost } = config;
    log.info({ host, apiHost, ...ports, node: node.nodeId, redis: redis.kind }, 'listening');
  }
} catch (error) {
  // What it was told to end has failed because of that.
  if (!stopping) {
    log.fatal(about(error), 'cannot start');
    await redis.stop();
    await exit(1);
  }
}
