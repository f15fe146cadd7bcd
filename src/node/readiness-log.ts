/** One line when this node stops being ready and one when it is again: what an operator looks for after an outage. */
import type { NodeParts } from './build.ts';

export class ReadinessLog {
  readonly #parts: Pick<NodeParts, 'health' | 'log' | 'errors'>;
  #unreadySinceMs: number | undefined;

  constructor(parts: Pick<NodeParts, 'health' | 'log' | 'errors'>) {
    this.#parts = parts;
  }

  look(node: string): void {
    const { health, log, errors } = this.#parts;
    const { ready, details } = health.read();
    const since = this.#unreadySinceMs;
    if (ready === (since === undefined)) return;
    if (since === undefined) {
      this.#unreadySinceMs = performance.now();
      log.warn({ node, checks: details['checks'] }, 'not ready');
      return;
    }
    this.#unreadySinceMs = undefined;
    errors.flush();
    log.info({ node, forMs: Math.round(performance.now() - since) }, 'ready again');
  }
}
