/**
 * `/healthz` and `/readyz`. The public port says their status and nothing else; what it is made of is told on the operator port. What
 * makes a node ready is judged by the node.
 */
import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';

export interface Health {
  /** The process works. */
  readonly live: boolean;
  /** It should be sent clients. */
  readonly ready: boolean;
  /** Told to the operator. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Path → which part of the health it asks for. */
export const healthPaths = { '/healthz': 'live', '/readyz': 'ready' } as const satisfies Record<string, keyof Health>;

/** What all health answers have in common. */
export const healthHeaders = { 'content-type': 'application/json', 'cache-control': 'no-store' } as const;

export const statusWord = (good: boolean): 'ok' | 'unavailable' => (good ? 'ok' : 'unavailable');

export function addPublicHealth(app: TemplatedApp, health: () => Health): void {
  for (const [path, what] of Object.entries(healthPaths)) {
    app.get(path, (res) => answer(res, health()[what], (body) => res.end(body)));
    app.head(path, (res) => {
      // Told a length, the library goes on waiting for as many bytes: the header is written by hand.
      answer(res, health()[what], (body) => res.writeHeader('content-length', String(body.length)).endWithoutBody());
    });
    app.any(path, (res) => {
      res.cork(() => {
        res.writeStatus('405 Method Not Allowed').writeHeader('allow', 'GET, HEAD').end();
      });
    });
  }
}

/** For every path that nothing else answers. */
export function addNotFound(app: TemplatedApp): void {
  app.any('/*', (res) => {
    res.cork(() => {
      res.writeStatus('404 Not Found').end();
    });
  });
}

function answer(res: HttpResponse, good: boolean, end: (body: string) => void): void {
  res.cork(() => {
    res.writeStatus(good ? '200 OK' : '503 Service Unavailable');
    for (const [name, value] of Object.entries(healthHeaders)) res.writeHeader(name, value);
    end(JSON.stringify({ status: statusWord(good) }));
  });
}
