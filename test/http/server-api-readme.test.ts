// The README of the server API, done as it says: its commands work when pasted, and it names what there is.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { serverRequests } from '../../src/protocol/service/catalogue.ts';
import { fencesOf, sectionOf } from '../ground/papers.ts';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startNode } from '../support/service.ts';

const scope = useScope();
const readme = readFileSync(new URL('../../src/service/README.md', import.meta.url), 'utf8');
const section = sectionOf(readme, 'Server API');
const blocks = fencesOf(section, 'sh');

/** Runs a command of the README; without curl on the machine, what curl would send. */
async function run(command: string): Promise<unknown> {
  const hasCurl = await promisify(execFile)('curl', ['--version']).then(
    () => true,
    () => false,
  );
  if (hasCurl) {
    const { stdout } = await promisify(execFile)('sh', ['-c', command.replace(/^curl /, 'curl -s ')]);
    return JSON.parse(stdout);
  }
  const headers = [...command.matchAll(/-H '([^:']+): ([^']*)'/g)].map(([, name = '', value = '']) => [name, value]);
  const response = await fetch(/https?:\S+/.exec(command)?.[0] ?? '', {
    method: 'POST',
    headers: { ...Object.fromEntries(headers), connection: 'close' },
    body: /-d '([^']*)'/.exec(command)?.[1] ?? '',
  });
  return response.json();
}

test('its commands work as they stand, against a node started as it says', async () => {
  expect(blocks).toHaveLength(2);
  const [start = '', asking = ''] = blocks;
  expect(start).toContain('npm start');
  const settings = [...start.matchAll(/(PARLEY_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]);
  const env: Record<string, string> = Object.fromEntries(settings);
  expect(env).toHaveProperty('PARLEY_API_KEY');
  const node = await startNode(scope, { redis: await startRedis(scope), env });
  expect(node.logs().filter(({ level }) => level === 40)).toEqual([]);
  const commands = asking.split(/\n(?=curl )/);
  expect(commands).toHaveLength(3);
  const answers = [];
  for (const command of commands) {
    expect(command).toContain('http://127.0.0.1:8081/');
    answers.push(await run(command.replaceAll('127.0.0.1:8081', `127.0.0.1:${node.apiPort}`)));
  }
  expect(answers).toEqual([
    { result: null },
    { result: 1 },
    { result: expect.objectContaining({ roomName: 'news', owner: 'ada' }) },
  ]);
});

test('it names all requests of the service, and no others', () => {
  const named = [...section.matchAll(/`((?:[a-zA-Z]+\s+){2,}[a-zA-Z]+)`/g)].flatMap(([, list = '']) =>
    list.split(/\s+/),
  );
  expect(named.toSorted()).toEqual(Object.keys(serverRequests).toSorted());
});
