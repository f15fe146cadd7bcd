// A scope owns what a test starts and ends it in the opposite order. It knows no test runner: `scope.ts` ties it to jest,
// and programs outside jest (benchmarks, tools) call `dispose` themselves.

export interface Scope {
  /** Registers how to end something. Ended last in, first out; one that fails does not keep the others from ending. */
  add(dispose: () => Promise<void> | void): void;
}

export interface OwnedScope extends Scope {
  /** Ends everything registered so far. May be called again; throws what failed, after all had their turn. */
  dispose(): Promise<void>;
}

export function createScope(): OwnedScope {
  const disposals: (() => Promise<void> | void)[] = [];
  return {
    add: (dispose) => {
      disposals.push(dispose);
    },
    dispose: async () => {
      const failures: unknown[] = [];
      for (let dispose = disposals.pop(); dispose !== undefined; dispose = disposals.pop()) {
        try {
          await dispose();
        } catch (failure) {
          failures.push(failure);
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, `ending the scope failed: ${failures.join('; ')}`);
    },
  };
}
