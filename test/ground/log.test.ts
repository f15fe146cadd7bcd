// The log: no secrets in any line, and the limiter that keeps a failing Redis from filling the disk.
import { describe, expect, test } from '@jest/globals';
import { about, createLog, logConsole, sampled } from '../../src/ops/log.ts';

function record(): { lines: Record<string, unknown>[]; destination: { write(text: string): void } } {
  const lines: Record<string, unknown>[] = [];
  return { lines, destination: { write: (text) => void lines.push(JSON.parse(text) as Record<string, unknown>) } };
}

describe('lines', () => {
  test('carry the node, and hide tokens, keys and the arguments of failed commands', () => {
    const { lines, destination } = record();
    const log = createLog({ level: 'info', node: 'n1', destination });
    const err = Object.assign(new Error('READONLY'), { command: { name: 'evalsha', args: ['hush'] } });
    log.info({ token: 'hush', credentials: { token: 'hush' }, request: { authorization: 'Bearer hush' } }, 'login');
    log.info({ req: { headers: { authorization: 'Bearer hush' } }, login: { resumeToken: 'hush' } }, 'upgrade');
    log.error({ err }, 'redis');
    expect(lines.map(({ node, msg }) => [node, msg])).toEqual([
      ['n1', 'login'],
      ['n1', 'upgrade'],
      ['n1', 'redis'],
    ]);
    expect(JSON.stringify(lines)).not.toContain('hush');
    expect(JSON.stringify(lines[2])).toContain('evalsha');
  });

  test('below the level are not written', () => {
    const { lines, destination } = record();
    const log = createLog({ level: 'warn', destination });
    log.info('quiet');
    log.warn('loud');
    expect(lines.map(({ msg }) => msg)).toEqual(['loud']);
  });
});

test('what libraries print is lines of it', () => {
  const { lines, destination } = record();
  const before = { ...console };
  const warnings = process.listeners('warning');
  try {
    logConsole(createLog({ level: 'info', destination }), destination);
    console.warn('[WARN] %s', 'a library', { of: 'its own' });
    console.error(new Error('boom').message);
    process.emit('warning', new Error('deprecated'));
    // A log of a hook's own making passes as it is.
    console.log('{"level":"notice","mine":1}');
  } finally {
    Object.assign(console, before);
    process.removeAllListeners('warning');
    for (const listener of warnings) process.on('warning', listener);
  }
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    [40, "[WARN] a library { of: 'its own' }"],
    [50, 'boom'],
    [40, 'deprecated'],
    ['notice', undefined],
  ]);
});

test('that all nodes of a cluster have failed is told with the reason of the last', () => {
  const error = Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: new Error('ALTNAME') });
  expect(about(error)).toEqual({ reason: 'Failed to refresh slots cache. (ALTNAME)' });
});

describe('sampling', () => {
  test('one line per kind and interval, with the number of those left out', () => {
    const { lines, destination } = record();
    let nowMs = 0;
    const log = sampled(createLog({ level: 'info', destination }), 1000, () => nowMs);
    for (nowMs = 0; nowMs < 3000; nowMs += 10) log.error('redis', { at: nowMs }, 'redis is away');
    log.warn('bus', {}, 'late');
    expect(lines.map(({ msg, at, suppressed }) => [msg, at, suppressed])).toEqual([
      ['redis is away', 0, undefined],
      ['redis is away', 1000, 99],
      ['redis is away', 2000, 99],
      ['late', undefined, undefined],
    ]);
  });

  test('what is still counted is written at the end, once, and the next line is new', () => {
    const { lines, destination } = record();
    const log = sampled(createLog({ level: 'info', destination }), 1000, () => 0);
    for (let at = 0; at < 4; at++) log.error('redis', { at }, 'away');
    log.flush();
    log.flush();
    log.error('redis', { at: 9 }, 'away');
    expect(lines.map(({ at, suppressed }) => [at, suppressed])).toEqual([
      [0, undefined],
      [3, 2],
      [9, undefined],
    ]);
  });

  test('what waits for Redis is said by its connections only, unless there is another cause', () => {
    const { lines, destination } = record();
    const log = sampled(createLog({ level: 'info', destination }), 1000, () => 0);
    log.putOff('sweep', Object.assign(new Error('no answer'), { name: 'StateUnavailable' }), 'sweeping is put off');
    log.putOff('sweep', new Error('a bad reply'), 'sweeping is put off', { topic: 'room:lobby' });
    expect(lines).toMatchObject([{ msg: 'sweeping is put off', reason: 'a bad reply', topic: 'room:lobby' }]);
  });
});

test('an error is told by its reason in plain words, a defect with its stack', () => {
  const offline = "Stream isn't writeable and enableOfflineQueue options is false";
  expect(about(new Error(offline))).toEqual({ reason: 'there is no connection to Redis' });
  expect(about(new Error('READONLY'))).toEqual({ reason: 'READONLY' });
  const defect = new TypeError('x is not a function');
  expect(about(defect)).toEqual({ err: defect });
});
