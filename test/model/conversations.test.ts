// Random lives of conversations on two nodes of which one may die. After each, a model of plain objects agrees with what each socket was
// told, each notice once and in order, and with what the service gives when asked: rooms, members, lists of rooms, what is unread.
import { test } from '@jest/globals';
import fc from 'fast-check';
import { useScope } from '../support/scope.ts';
import { apiEnv } from '../support/server-api.ts';
import { startService } from '../support/service.ts';
import { beginning, commands } from './conversation-commands.ts';
import { nodeOf, ownerOf, RealConversations, socketNames, userNames } from './conversations-real.ts';
import { Conversations } from './conversations.ts';

const scope = useScope();
const isLong = process.env['PARLEY_LONG'] === '1';
const seed = Number(process.env['PARLEY_TEST_SEED'] ?? Date.now() % 1_000_000);
const runs = isLong ? 300 : 25;
/** One life in so many has a node killed, which takes the time of a lease. */
const livesPerKill = 8;

test(
  `the model, what was told and what is asked agree (seed ${seed})`,
  async () => {
    const env = {
      ...apiEnv,
      PARLEY_NODE_LEASE_MS: '2000',
      PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
      PARLEY_RATE_BURST: '10000',
    };
    const service = await startService(scope, { nodes: 2, env });
    const nodes = [...service.nodes];
    let lives = 0;
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 120, size: 'max' }), async (life) => {
        const number = lives++;
        const model = new Conversations(userNames);
        if (number % livesPerKill === livesPerKill - 1) model.killsLeft = 1;
        const real = new RealConversations(scope, service, nodes, `life${number}`);
        await real.begin();
        // The last one of them comes later, if ever.
        for (const socket of socketNames.slice(0, -1)) {
          model.connect(socket, ownerOf(socket), nodeOf(socket));
          await real.connect(socket);
        }
        for (const command of beginning) await command.run(model, real);
        await fc.asyncModelRun(() => ({ model, real }), life);
        await real.expectAgreement(model);
      }),
      { seed, numRuns: runs, endOnFailure: !isLong },
    );
  },
  isLong ? 1_800_000 : 180_000,
);
