/**
 * The operator's port, apart from the public one: metrics, health, and the server API. It opens before Redis is there and closes last,
 * so that a node can be watched while it starts and drains. It is served by Node's own HTTP, whose cost does not matter here: what old
 * checks and scrapers speak, HTTP/1.0 without a host among it, the library of the public port refuses.
 */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { API_PATH } from '../protocol/service/http.ts';
import { Exchange } from './exchange.ts';
import { healthHeaders, healthPaths, statusWord, type Health } from './health.ts';
import { ServerApiRoute, type ServerApiDeps } from './server-api.ts';
import { SharedText } from './shared-text.ts';

export interface OperatorPortDeps {
  /** Takes the port; rejects where it cannot be had. */
  listen(server: Server): Promise<number>;
  health(): Health;
  /** All metrics as text, in the form that `contentType` names; made at most once in `freshMs`. */
  metrics: { readonly contentType: string; readonly freshMs: number; text(): Promise<string> };
  onError(error: unknown): void;
  /** Only where there is a key. */
  readonly serverApi?: ServerApiDeps;
}

/** Strangers may reach it after all: bounds on what one can hold open without a word. */
const OPTIONS: ServerOptions = {
  // HTTP/1.1 demands a host, and checks that were written by hand have none.
  requireHostHeader: false,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5000,
  // Longer than the minute that load balancers and scrapers keep a connection for.
  keepAliveTimeout: 75_000,
};
const CONNECTIONS_MAX = 1000;

export class OperatorPort {
  readonly #server: Server;
  readonly #deps: OperatorPortDeps;
  readonly #metrics: SharedText;
  readonly #serverApi: ServerApiRoute | undefined;

  constructor(deps: OperatorPortDeps) {
    this.#deps = deps;
    this.#metrics = new SharedText(() => deps.metrics.text(), deps.metrics.freshMs);
    this.#serverApi = deps.serverApi === undefined ? undefined : new ServerApiRoute(deps.serverApi);
    this.#server = createServer(OPTIONS);
    this.#server.maxConnections = CONNECTIONS_MAX;
    const take = (asksFirst: boolean) => (request: IncomingMessage, response: ServerResponse) =>
      this.#route(new Exchange(request, response, asksFirst));
    this.#server.on('request', take(false));
    this.#server.on('checkContinue', take(true));
  }

  async listen(): Promise<number> {
    const port = await this.#deps.listen(this.#server);
    this.#server.on('error', (error) => this.#deps.onError(error));
    return port;
  }

  /** Takes no more requests of the server API, and resolves when none is under way. */
  async answered(): Promise<void> {
    await this.#serverApi?.answered();
  }

  /** Closes the port and every connection to it. */
  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #route(exchange: Exchange): void {
    const { path } = exchange;
    if (this.#serverApi !== undefined && path.startsWith(`${API_PATH}/`)) {
      const name = path.slice(API_PATH.length + 1);
      if (name !== '' && !name.includes('/')) return this.#serverApi.take(exchange, name);
    }
    const what = Object.hasOwn(healthPaths, path) ? healthPaths[path as keyof typeof healthPaths] : undefined; // looked up
    if (what === undefined && path !== '/metrics') return exchange.answer(404, {});
    if (!['GET', 'HEAD'].includes(exchange.method)) return exchange.refuseMethod('GET', 'HEAD');
    if (what === undefined) return this.#answerMetrics(exchange);
    const health = this.#deps.health();
    const body = { status: statusWord(health[what]), ...health.details };
    exchange.answer(health[what] ? 200 : 503, healthHeaders, JSON.stringify(body));
  }

  #answerMetrics(exchange: Exchange): void {
    const { contentType } = this.#deps.metrics;
    this.#metrics
      .bytes()
      .then((bytes) => exchange.answer(200, { 'content-type': contentType }, bytes))
      .catch((error: unknown) => {
        this.#deps.onError(error);
        exchange.answer(500, {});
      });
  }
}
