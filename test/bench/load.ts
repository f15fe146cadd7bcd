// The bench's end of its load generator: starts the process and gives it orders. What they cause is in `generator/`.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Scope } from '../support/disposal.ts';
import type { Argument, CommandName, Report, Result } from './generator/commands.ts';

const program = fileURLToPath(new URL('./generator/main.ts', import.meta.url));
/** Longest time for one order; runs themselves are bounded too. Opening very many sockets is what takes longest. */
const ORDER_MS = 600_000;

export interface Load {
  readonly pid: number;
  order<N extends CommandName>(name: N, argument: Argument<N>): Promise<Result<N>>;
}

export async function startLoad(scope: Scope): Promise<Load> {
  const child = fork(program, [], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  scope.add(() => {
    child.kill('SIGKILL');
    return exited;
  });
  const answer = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(late);
        child.off('message', onMessage);
        child.off('exit', onExit);
      };
      const onMessage = (report: Report): void => {
        settle();
        if (report.error === undefined) resolve(report.result);
        else reject(new Error(`load generator: ${report.error}`));
      };
      const onExit = (): void => {
        settle();
        reject(new Error('the load generator has ended'));
      };
      const late = setTimeout(() => {
        settle();
        reject(new Error(`the load generator did not answer within ${ORDER_MS} ms`));
      }, ORDER_MS);
      child.on('message', onMessage);
      child.on('exit', onExit);
    });
  await answer();
  if (child.pid === undefined) throw new Error('the load generator was started without a process id');
  return {
    pid: child.pid,
    order: (name, argument) => {
      const answered = answer();
      child.send({ name, argument });
      // The generator answers an order with its result: both sides are typed by the same table.
      return answered as Promise<Result<typeof name>>;
    },
  };
}
