// Random lives of rooms on two nodes. After each, three views agree: a model of plain objects, the state that witnesses on
// both nodes built from notifications alone, and the state that the service gives when asked.
import { test } from '@jest/globals';
import fc from 'fast-check';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { commands } from './commands.ts';
import { ChatModel } from './model.ts';
import { apiKey, nodeOf, Real, socketNames } from './real.ts';

const scope = useScope();
const isLong = process.env['PARLEY_LONG'] === '1';
const seed = Number(process.env['PARLEY_TEST_SEED'] ?? Date.now() % 1_000_000);
const runs = isLong ? 300 : 25;
/** One life in so many has a node killed, which takes the time of a lease. */
const livesPerKill = 6;

test(
  `the model, what was heard and what is asked agree (seed ${seed})`,
  async () => {
    const env = {
      PARLEY_API_KEY: apiKey,
      PARLEY_NODE_LEASE_MS: '2000',
      // Who waits for something here asks again and again.
      PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
      PARLEY_RATE_BURST: '10000',
    };
    const service = await startService(scope, { nodes: 2, env });
    const nodes = [...service.nodes];
    let lives = 0;
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (life) => {
        const number = lives++;
        const model = new ChatModel();
        if (number % livesPerKill === livesPerKill - 1) model.killsLeft = 1;
        const real = new Real(scope, service, nodes, `life${number}`);
        await real.begin();
        for (const socket of socketNames) {
          model.connect(socket, socket.slice(0, -1), nodeOf(socket));
          await real.connect(socket);
        }
        await fc.asyncModelRun(() => ({ model, real }), life);
        await real.expectAgreement(model);
      }),
      { seed, numRuns: runs, endOnFailure: !isLong },
    );
  },
  isLong ? 1_800_000 : 180_000,
);
