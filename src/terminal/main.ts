/** The program `npm run chat`: arguments, streams and signals of the process; what is done with them is `run.ts`. */
import { readArguments, usage } from './arguments.ts';
import { Run } from './run.ts';

const mistakeCode = 2;
const reading = readArguments(process.argv.slice(2), process.stdin.isTTY);
if ('mistake' in reading) {
  process.stderr.write(`${reading.mistake}\n`);
  process.exit(mistakeCode);
}
if ('help' in reading) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}

const { stdin, stdout, stderr, env } = process;
const isDumb = env['TERM'] === 'dumb';
const run = new Run(reading.given, {
  input: stdin,
  output: stdout,
  notices: stderr,
  colours: stdout.isTTY && !isDumb && (env['NO_COLOR'] ?? '') === '',
  isDumb,
});
/** The terminal is gone. */
let isHungUp = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    isHungUp ||= signal === 'SIGHUP';
    run.leave();
  });
}
// Whoever read it has gone: there is nobody left to tell.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    isHungUp ||= error.code === 'EIO';
    run.leave();
  });
}
const code = await run.result();
if (isHungUp) {
  // Where Node exits by itself it sets the terminal back, and crashes.
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}
process.exit(code);
