// The log: JSON lines on standard output, without secrets, and a limiter for errors that come by the thousand.
// What is logged, and where, is left to the parts.
import { format } from 'node:util';
import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

/** Where tokens and keys could hide: at the top of a line, or one object down. */
const secretNames = [
  'token',
  'resumeToken',
  'authorization',
  'apiKey',
  'jwtSecret',
  'secret',
  'password',
  'credentials',
];

export interface LogOptions {
  readonly level: string;
  /** Instance id of the node, on every line. */
  readonly node?: string;
  /** Standard output when absent. */
  readonly destination?: DestinationStream;
}

export function createLog({ level, node, destination }: LogOptions): Log {
  const options = {
    level,
    base: node === undefined ? {} : { node },
    redact: {
      // The Redis client attaches the failed command to its errors, arguments and thus messages included.
      paths: [...secretNames.flatMap((name) => [name, `*.${name}`]), 'req.headers.authorization', 'err.command.args'],
      censor: '***',
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** One object in one line. */
function isJsonLine(text: string): boolean {
  if (!text.startsWith('{') || text.includes('\n')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * From here on what libraries, hooks and Node itself would print beside the log are lines of it. A hook that prints lines of JSON
 * has a log of its own making: they pass as they are.
 */
export function logConsole(log: Log, destination: DestinationStream): void {
  const levels = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error', trace: 'debug' } as const;
  for (const [method, level] of Object.entries(levels)) {
    const print = (...args: unknown[]): void => {
      const text = format(...args);
      if (isJsonLine(text)) destination.write(`${text}\n`);
      else log[level]({ printed: true }, text);
    };
    Object.assign(console, { [method]: print });
  }
  process.removeAllListeners('warning');
  process.on('warning', (warning) => log.warn({ name: warning.name }, warning.message));
}

/** A log that writes each kind of line at most once per interval, with the number of those left out. */
export interface SampledLog {
  /** `key` names the kind: use few, fixed ones. */
  error(key: string, fields: object, message: string): void;
  warn(key: string, fields: object, message: string): void;
  /**
   * Somebody outside was refused, which may happen as often as somebody outside likes: as information, sampled, or each one where
   * the log is at debug level.
   */
  refused(key: string, fields: object, message: string): void;
  /** A warning about what has to wait. That Redis is away is told by its connections; parts do not repeat it. */
  putOff(key: string, error: unknown, message: string, fields?: object): void;
  /** Writes what is still only counted. Call it when the cause is over, or at the end. */
  flush(): void;
}

interface Kind {
  loudUntilMs: number;
  suppressed: number;
  write: (suppressed: number) => void;
}

/** `now` is a monotonic clock in milliseconds. */
export function sampled(log: Log, intervalMs: number, now: () => number = () => performance.now()): SampledLog {
  const kinds = new Map<string, Kind>();
  const note = (level: 'error' | 'warn' | 'info', key: string, fields: object, message: string): void => {
    const write = (suppressed: number): void =>
      log[level](suppressed === 0 ? fields : { ...fields, suppressed }, message);
    const nowMs = now();
    const kind = kinds.get(key);
    if (kind !== undefined && nowMs < kind.loudUntilMs) {
      kind.suppressed++;
      kind.write = write;
      return;
    }
    write(kind?.suppressed ?? 0);
    kinds.set(key, { loudUntilMs: nowMs + intervalMs, suppressed: 0, write });
  };
  return {
    error: (key, fields, message) => note('error', key, fields, message),
    warn: (key, fields, message) => note('warn', key, fields, message),
    refused: (key, fields, message) => {
      if (log.isLevelEnabled('debug')) log.debug(fields, message);
      else note('info', key, fields, message);
    },
    putOff: (key, error, message, fields) => {
      const told = { ...fields, ...about(error) };
      // By name, as no layer is known here.
      if (error instanceof Error && error.name === 'StateUnavailable') log.debug(told, message);
      else note('warn', key, told, message);
    },
    flush: () => {
      for (const kind of kinds.values()) if (kind.suppressed > 0) kind.write(kind.suppressed - 1);
      kinds.clear();
    },
  };
}

/** An error as log fields: one that is expected while a server is away needs no stack, a defect does. */
export function about(error: unknown): { reason: string } | { err: unknown } {
  if (!(error instanceof Error) || DEFECTS.has(error.name)) return { err: error };
  if (saysNoConnection(error)) return { reason: 'there is no connection to Redis' };
  // The client for a Cluster says of its nodes only that all have failed; the last of them said why.
  const { lastNodeError: cause } = error as { lastNodeError?: unknown };
  return { reason: cause instanceof Error ? `${error.message} (${cause.message})` : error.message };
}

/** Whether a command was not even sent. The Redis client's words for it name its own options, not the matter. */
export function saysNoConnection(error: Error): boolean {
  return /enableOfflineQueue|^(Connection is closed|CONNECTING)/.test(error.message);
}

const DEFECTS: ReadonlySet<string> = new Set(['TypeError', 'RangeError', 'ReferenceError', 'AssertionError']);
