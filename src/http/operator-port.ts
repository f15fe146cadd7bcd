/**
 * The operator's port, an app of its own beside the public one: metrics, health, and the server API. It opens before Redis is there and
 * closes last, so that a node can be watched while it starts and drains.
 */
import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { addHealth, addNotFound, type Health } from './health.ts';
import type { Listening } from './listen.ts';
import { addServerApi, type ServerApiRoutes } from './server-api.ts';

export interface OperatorPortParts {
  /** Takes the port; rejects where it cannot be had. */
  listen(app: TemplatedApp): Promise<Listening>;
  health(): Health;
  /** All metrics as text, in the form that `contentType` names. */
  metrics: { readonly contentType: string; text(): Promise<string> };
  onError(error: unknown): void;
  /** Only where there is a key. */
  readonly serverApi?: ServerApiRoutes;
}

export class OperatorPort {
  readonly #app: TemplatedApp;
  readonly #parts: OperatorPortParts;

  constructor(app: TemplatedApp, parts: OperatorPortParts) {
    this.#app = app;
    this.#parts = parts;
    addHealth(app, () => parts.health());
    app.get('/metrics', (res) => this.#answerMetrics(res));
    if (parts.serverApi !== undefined) addServerApi(app, parts.serverApi);
    addNotFound(app);
  }

  async listen(): Promise<number> {
    return (await this.#parts.listen(this.#app)).port;
  }

  /** Closes the port and every connection to it. */
  stop(): void {
    this.#app.close();
  }

  #answerMetrics(res: HttpResponse): void {
    let open = true;
    res.onAborted(() => {
      open = false;
    });
    const answer = (status: string, contentType: string, body: string): void => {
      if (!open) return;
      open = false;
      res.cork(() => {
        res.writeStatus(status).writeHeader('content-type', contentType).end(body);
      });
    };
    const { metrics } = this.#parts;
    metrics
      .text()
      .then((text) => answer('200 OK', metrics.contentType, text))
      .catch((error: unknown) => {
        this.#parts.onError(error);
        answer('500 Internal Server Error', 'text/plain', '');
      });
  }
}
