// Random lives of two users with two devices each, over nodes of which one may die. Whatever they did and missed: in the end what
// each device has put together from what it was told is what the service gives when asked.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { Devices, deviceNames, roomNames, type Act } from './devices.ts';

const scope = useScope();
const isLong = process.env['PARLEY_LONG'] === '1';
const seed = Number(process.env['PARLEY_TEST_SEED'] ?? Date.now() % 1_000_000);
const runs = isLong ? 200 : 15;
/** One life in so many has a node killed. */
const livesPerKill = 5;

const device = fc.constantFrom(...deviceNames);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), device }) },
  // Both at once.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cross' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), device }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('join' as const), device, room: fc.constantFrom(...roomNames) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('leave' as const), device, room: fc.constantFrom(...roomNames) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('befriend' as const, 'part' as const), device }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('drop' as const, 'come' as const), device }) },
);

test(
  `what each device was told is what is so (seed ${seed})`,
  async () => {
    const env = {
      PARLEY_NODE_LEASE_MS: '2000',
      PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
      PARLEY_RATE_BURST: '10000',
    };
    const service = await startService(scope, { nodes: 2, env });
    let lives = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 30, size: 'max' }), async (acts) => {
        const number = lives++;
        const devices = new Devices(scope, service, `life${number}`);
        await devices.begin();
        const killAt = number % livesPerKill === livesPerKill - 1 ? Math.floor(acts.length / 2) : -1;
        for (const [i, one] of acts.entries()) {
          if (i === killAt) await devices.killNode();
          await devices.do(one);
        }
        await devices.expectAgreement();
        expect(devices.faults).toEqual([]);
      }),
      { seed, numRuns: runs, endOnFailure: !isLong },
    );
  },
  isLong ? 1_800_000 : 240_000,
);
