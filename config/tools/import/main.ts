/** The program `npm run import`: arguments, streams and exit codes; what is done is `importing.ts`. */
import { readFileSync } from 'node:fs';
import { readArguments, usage } from './arguments.ts';
import { importAll } from './importing.ts';
import { Report } from './report.ts';
import { Away, Service, WrongKey } from './service.ts';

const skippedCode = 1;
const mistakeCode = 2;
const awayCode = 3;
/** As a shell tells of what was ended by Ctrl-C. */
const endedCode = 130;

// What was written meanwhile goes with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(endedCode));

process.exitCode = await run();

async function run(): Promise<number> {
  const reading = readArguments(process.argv.slice(2));
  if ('help' in reading) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  if ('mistake' in reading) return mistake(reading.mistake);
  const { given } = reading;
  const { stderr } = process;
  const report = new Report({ write: (text) => stderr.write(text), isTerminal: stderr.isTTY });
  try {
    const token = given.tokenFile === undefined ? given.token : readFileSync(given.tokenFile, 'utf8').trim();
    const service = given.isDryRun ? undefined : new Service(given.urls, token ?? '');
    await importAll(given, service, report);
  } catch (error) {
    report.end();
    for (const line of report.lines(given.isDryRun)) process.stdout.write(`${line}\n`);
    if (error instanceof Away) {
      stderr.write(`${error.message}\nRun it again, and it goes on from here.\n`);
      return awayCode;
    }
    // Such as a file that is not there.
    if (error instanceof WrongKey || (error instanceof Error && 'code' in error)) return mistake(error.message);
    throw error;
  }
  report.end();
  for (const line of report.lines(given.isDryRun)) process.stdout.write(`${line}\n`);
  return report.isWhole ? 0 : skippedCode;
}

function mistake(what: string): number {
  process.stderr.write(`${what}\n`);
  return mistakeCode;
}
