// The test's end of a generator: starts the process and gives it orders, one at a time.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Scope } from '../../support/scope.ts';
import type { AnswerOf, OrderName, OrderOf } from './orders.ts';

const program = fileURLToPath(new URL('./generator.ts', import.meta.url));

export interface Generator {
  order<N extends OrderName>(name: N, order: OrderOf<N>): Promise<AnswerOf<N>>;
}

export async function startGenerator(scope: Scope): Promise<Generator> {
  const child = fork(program, [], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  scope.add(() => {
    child.kill('SIGKILL');
  });
  const answer = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error('a generator has ended'));
      child.once('exit', onExit);
      child.once('message', (report: { answer?: unknown; error?: string }) => {
        child.off('exit', onExit);
        if (report.error === undefined) resolve(report.answer);
        else reject(new Error(report.error));
      });
    });
  await answer();
  return {
    order: (name, order) => {
      const answered = answer();
      child.send({ name, order });
      // Both sides are typed by the same table.
      return answered as Promise<AnswerOf<typeof name>>;
    },
  };
}
