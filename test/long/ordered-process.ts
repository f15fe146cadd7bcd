// A process of a test's own that takes orders, one at a time: started here, told here, ended with its scope. The program says
// `{ answer: null }` when it is ready, and answers each order with `{ answer }` or `{ error }`. What orders there are is a
// table of each test's.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Scope } from '../support/scope.ts';

/** Rejects where the process ends, or says that it could not. */
export type GiveOrder = (name: string, order: unknown) => Promise<unknown>;

/** Runs the program at that address; resolves when it is ready. */
export async function startOrdered(scope: Scope, program: URL): Promise<GiveOrder> {
  const child = fork(fileURLToPath(program), [], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  scope.add(() => void child.kill('SIGKILL'));
  const answer = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error(`${program.pathname} has ended`));
      child.once('exit', onExit);
      child.once('message', (report: { answer?: unknown; error?: string }) => {
        child.off('exit', onExit);
        if (report.error === undefined) resolve(report.answer);
        else reject(new Error(report.error));
      });
    });
  await answer();
  return (name, order) => {
    const answered = answer();
    child.send({ name, order });
    return answered;
  };
}
