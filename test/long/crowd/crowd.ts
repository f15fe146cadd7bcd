// The test's end of a generator: starts the process and gives it orders, one at a time.
import type { Scope } from '../../support/scope.ts';
import { startOrdered } from '../ordered-process.ts';
import type { AnswerOf, OrderName, OrderOf } from './orders.ts';

export interface Generator {
  order<N extends OrderName>(name: N, order: OrderOf<N>): Promise<AnswerOf<N>>;
}

export async function startGenerator(scope: Scope): Promise<Generator> {
  const give = await startOrdered(scope, new URL('./generator.ts', import.meta.url));
  // Both sides are typed by the same table.
  return { order: (name, order) => give(name, order) as Promise<AnswerOf<typeof name>> };
}
