// The load generator's process: takes one order at a time from the bench and reports. It ends with its parent.
import type { Argument, CommandName, Order, Report, Result } from './commands.ts';
import { Pool } from './pool.ts';
import { cycle, post } from './runs.ts';

const pools = new Map<string, Pool>();

const commands: { [N in CommandName]: (argument: Argument<N>) => Promise<Result<N>> } = {
  open: async (plan) => {
    const startedAt = performance.now();
    const pool = new Pool(plan);
    pools.set(plan.pool, pool);
    await pool.open();
    return { elapsedMs: performance.now() - startedAt };
  },
  post: (run) => post(poolOf(run.pool), run),
  cycle: ({ pool, durationMs }) => cycle(poolOf(pool), durationMs),
  close: async ({ pool }) => {
    const closed = await poolOf(pool).close();
    pools.delete(pool);
    return { closed };
  },
};

function poolOf(name: string): Pool {
  const pool = pools.get(name);
  if (pool === undefined) throw new Error(`there is no pool ${name}`);
  return pool;
}

function execute(order: Order): Promise<unknown> {
  switch (order.name) {
    case 'open':
      return commands.open(order.argument);
    case 'post':
      return commands.post(order.argument);
    case 'cycle':
      return commands.cycle(order.argument);
    case 'close':
      return commands.close(order.argument);
  }
}

const report = (content: Report): void => void process.send?.(content);

process.on('disconnect', () => process.exit(0));
// The parent sends nothing but orders.
process.on('message', (order: Order) => {
  Promise.resolve()
    .then(() => execute(order))
    .then(
      (result) => report({ result }),
      (error: unknown) => report({ error: error instanceof Error ? error.message : String(error) }),
    );
});
report({ result: 'ready' });
