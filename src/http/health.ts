/** `/healthz` and `/readyz`, the same on both ports. What makes a node ready is judged by the node. */
import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';

export interface Health {
  /** The process works. */
  readonly live: boolean;
  /** It should be sent clients. */
  readonly ready: boolean;
  /** Told in the answer. */
  readonly details: Readonly<Record<string, unknown>>;
}

export function addHealth(app: TemplatedApp, health: () => Health): void {
  app.get('/healthz', (res) => answer(res, health(), 'live'));
  app.get('/readyz', (res) => answer(res, health(), 'ready'));
}

/** For every path that nothing else answers. */
export function addNotFound(app: TemplatedApp): void {
  app.any('/*', (res) => {
    res.cork(() => {
      res.writeStatus('404 Not Found').end();
    });
  });
}

function answer(res: HttpResponse, health: Health, what: 'live' | 'ready'): void {
  const good = health[what];
  res.cork(() => {
    res
      .writeStatus(good ? '200 OK' : '503 Service Unavailable')
      .writeHeader('content-type', 'application/json')
      .writeHeader('cache-control', 'no-store')
      .end(JSON.stringify({ status: good ? 'ok' : 'unavailable', ...health.details }));
  });
}
