/**
 * The WebSockets of one node's public app: upgrades, frames in, native fan-out, the drain. Other paths of the app are left to http/.
 */
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t } from 'uWebSockets.js';
import type { Arrivals } from '../chat/direct/arrivals.ts';
import type { Transients } from '../chat/message/transients.ts';
import type { CloseName } from '../protocol/wire/close-codes.ts';
import { createCodec, type Codec, type Format } from '../protocol/wire/codec.ts';
import { newSocketId } from '../redis/tokens.ts';
import { Connection } from './connection.ts';
import type { FanOut } from './hub/fan-out.ts';
import type { Hub } from './hub/hub.ts';
import { Intake, type IntakeDeps, type IntakeLimits } from './intake.ts';
import type { ClientSocket } from './client-socket.ts';
import { Backlog } from './limits/backlog.ts';
import { SocketScan } from './socket-scan.ts';
import {
  headersOf,
  judgeUpgrade,
  peerOf,
  refusal,
  upgradeRefusals,
  type Refusal,
  type UpgradeRefusal,
  type UpgradeRules,
} from './upgrade.ts';

/** What hangs on a native socket: the upgrade fills it, `open` completes it. */
interface SocketData {
  readonly codec: Codec;
  readonly address: string;
  readonly bearer: string | undefined;
  intake: Intake | undefined;
}

export interface GatewayOptions extends IntakeLimits {
  readonly rules: UpgradeRules;
  readonly heartbeatMs: number;
  readonly loginTimeoutMs: number;
  readonly backpressureBytes: number;
  /** What a socket may leave unread before it is sent no transient messages. */
  readonly behindMarkBytes: number;
}

/** The public port while it is open. */
export interface PublicPort {
  readonly port: number;
  /** Accepts nothing more; open connections stay. */
  close(): void;
}

export interface GatewayDeps extends IntakeDeps {
  readonly options: GatewayOptions;
  readonly hub: Hub;
  /** Of the same app. */
  readonly fanOut: FanOut;
  readonly arrivals: Pick<Arrivals, 'answered'>;
  readonly transients: Pick<Transients, 'closed'>;
  /** A logged-in socket is gone. While draining only one that went on purpose: of others peers take out who does not come back. */
  disconnected(socket: ClientSocket, roomNames: readonly string[]): void;
  /** The same of one that may have left a will, while this node ends. Never rejects. */
  sentAway(socket: ClientSocket): Promise<void>;
  /** Takes the public port for the app; rejects where it cannot be had. */
  listen(app: TemplatedApp): Promise<PublicPort>;
  /** `reason`: what this side's close frame said; none where the other side ended it. */
  onClosed(socketId: string, code: number, reason: string | undefined): void;
  /** A WebSocket was not opened. `details` are short, and for the log. */
  onRefused(reason: UpgradeRefusal, details: Refusal['details']): void;
}

const PATH = '/ws';
const RETRY_SECONDS = 1;
const AWAY_STEP_MS = 50;
const RECONNECT_SPREAD_MS = 500;

export class Gateway {
  readonly #deps: GatewayDeps;
  readonly #app: TemplatedApp;
  /** One for each open socket. */
  readonly #intakes = new Set<Intake>();
  readonly #codecs: Readonly<Record<Format, ReturnType<typeof createCodec>>>;
  readonly #backlog: Backlog;
  readonly #scan: SocketScan;
  #doomed: Connection[] = [];
  /** What is noted of sockets that go while this node ends. */
  readonly #farewells: Promise<void>[] = [];
  #listening: PublicPort | undefined;
  #draining = false;

  constructor(app: TemplatedApp, deps: GatewayDeps) {
    this.#app = app;
    this.#deps = deps;
    const { limits, loginTimeoutMs } = deps.options;
    const { depth } = limits;
    this.#backlog = new Backlog(deps.options);
    this.#scan = new SocketScan({ ...deps, intakes: this.#intakes, backlog: this.#backlog, loginTimeoutMs });
    this.#codecs = { msgpack: createCodec('msgpack', { depth }), json: createCodec('json', { depth }) };
    this.#routes();
    deps.fanOut.start(() => this.#scan.look());
  }

  /** No socket is accepted any more. */
  get draining(): boolean {
    return this.#draining;
  }

  get size(): number {
    return this.#intakes.size;
  }

  /** Bytes that wait to be read by clients, as it was seen last. */
  get queueBytes(): number {
    return this.#scan.queueBytes;
  }

  /** Begins to accept; resolves with the port. Rejects where it cannot be had. */
  async listen(): Promise<number> {
    this.#scan.start();
    this.#listening = await this.#deps.listen(this.#app);
    return this.#listening.port;
  }

  stopAccepting(): void {
    this.#draining = true;
    this.#listening?.close();
    this.#listening = undefined;
  }

  /**
   * Asks every connection to come back elsewhere, spread over `spreadMs`: what it had sent is answered, then it is
   * closed. Resolves when all are gone, or at the deadline (`performance.now`).
   */
  async sendAway(spreadMs: number, deadline: number): Promise<void> {
    const all = [...this.#intakes];
    const started = performance.now();
    let sent = 0;
    while (this.#intakes.size > 0 && performance.now() < deadline) {
      const share = spreadMs === 0 ? 1 : Math.min(1, (performance.now() - started + AWAY_STEP_MS) / spreadMs);
      for (; sent < Math.ceil(all.length * share); sent++) {
        const intake = all[sent];
        intake?.connection.notify('goAway', [Math.floor(Math.random() * RECONNECT_SPREAD_MS)]);
        intake?.finish('goAway');
      }
      await new Promise((resolve) => setTimeout(resolve, AWAY_STEP_MS));
    }
    for (const { socket } of this.#intakes)
      if (socket?.hasWill === true) this.#farewells.push(this.#deps.sentAway(socket));
    this.closeAll('goAway');
    await Promise.all(this.#farewells);
  }

  /** Closes every connection with one code, at once. */
  closeAll(name: CloseName): void {
    for (const { connection } of this.#intakes) connection.end(name);
  }

  stop(): void {
    this.#scan.stop();
    this.#deps.fanOut.stop();
    this.#app.close();
  }

  #routes(): void {
    const { options } = this.#deps;
    this.#app.ws<SocketData>(PATH, {
      maxPayloadLength: options.limits.frameBytes * 2,
      maxBackpressure: options.backpressureBytes,
      idleTimeout: idleTimeoutSeconds(options.heartbeatMs),
      sendPingsAutomatically: true,
      upgrade: (res, req, context) => this.#upgrade(res, req, context),
      open: (ws) => {
        const data = ws.getUserData();
        const connection = new Connection(ws, data.codec, newSocketId(), data.address, this.#backlog);
        const intake = new Intake(connection, this.#deps);
        data.intake = intake;
        this.#intakes.add(intake);
        this.#scan.opened(connection.openedAt);
        if (data.bearer !== undefined) intake.bearer(data.bearer);
      },
      message: (ws, data, isBinary) => {
        this.#backlog.hasTraffic = true;
        ws.getUserData().intake?.frame(data, isBinary);
      },
      dropped: (ws) => {
        const { intake } = ws.getUserData();
        // Not here: this runs in the middle of a fan-out.
        if (intake !== undefined) this.#doom(intake.connection);
      },
      pong: (ws, carried) => {
        const socket = ws.getUserData().intake?.socket;
        // Pings that the library makes carry nothing.
        if (socket === undefined || carried.byteLength === 0) return;
        this.#deps.arrivals.answered(socket, Number(Buffer.from(carried).toString('latin1')));
      },
      drain: (ws) => {
        const { intake } = ws.getUserData();
        const socket = intake?.socket;
        if (socket !== undefined && socket.lag > 0) this.#deps.hub.setLag(socket, socket.connection.lag(socket.lag));
        intake?.pump();
      },
      close: (ws, code) => {
        const { intake } = ws.getUserData();
        if (intake !== undefined) this.#closed(intake, code);
      },
    });
    // What comes here as GET is no upgrade: a proxy has swallowed the header, more often than not.
    this.#app.get(PATH, (res) => this.#refuse(res, refusal('noUpgrade', { address: peerOf(res) })));
    this.#app.any(PATH, (res) => {
      res.cork(() => {
        res.writeStatus('405 Method Not Allowed').writeHeader('allow', 'GET').end();
      });
    });
  }

  #upgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    const { options } = this.#deps;
    const peer = peerOf(res);
    if (this.#draining) return this.#refuse(res, refusal('draining', { address: peer }));
    const headers = headersOf(req);
    const verdict = judgeUpgrade({ header: (name) => headers.get(name) ?? '', peer }, options.rules);
    if (!verdict.ok) return this.#refuse(res, verdict);
    const { address } = verdict;
    const full = this.#deps.addresses.admit(address, performance.now());
    if (full !== undefined) {
      return this.#refuse(res, refusal(full, { address }));
    }
    res.upgrade<SocketData>(
      { codec: this.#codecs[verdict.format], address, bearer: verdict.bearer, intake: undefined },
      headers.get('sec-websocket-key') ?? '',
      verdict.subprotocol ?? '',
      headers.get('sec-websocket-extensions') ?? '',
      context,
    );
  }

  #refuse(res: HttpResponse, { reason, details }: Refusal): void {
    const { status, body } = upgradeRefusals[reason];
    this.#deps.onRefused(reason, details);
    res.cork(() => {
      res.writeStatus(status);
      if (reason === 'noUpgrade') res.writeHeader('upgrade', 'websocket');
      if (status.startsWith('429') || status.startsWith('503')) res.writeHeader('retry-after', String(RETRY_SECONDS));
      // Closed: who is refused need not hold a connection.
      res.writeHeader('content-type', 'text/plain').end(body, true);
    });
  }

  #closed(intake: Intake, code: number): void {
    const { connection, socket } = intake;
    connection.markClosed();
    intake.closed();
    this.#intakes.delete(intake);
    this.#deps.onClosed(connection.socketId, code, connection.endReason);
    if (socket === undefined) return;
    socket.goLive();
    const roomNames = this.#deps.hub.remove(socket);
    const disconnected = (): void => {
      // Who has said that it will not come back is not waited for.
      if (!this.#draining || socket.onPurpose) this.#deps.disconnected(socket, roomNames);
      else if (socket.hasWill) this.#farewells.push(this.#deps.sentAway(socket));
    };
    // What it has posted is there before it is gone: who says a last word may be out of the room by that it has closed.
    const [posts, last] = [socket.turns?.underWay, this.#deps.transients.closed(socket.socketId)];
    if (posts === undefined && last === undefined) disconnected();
    else void Promise.all([posts, last]).then(disconnected);
  }

  /** A message for this socket was dropped: what it would see from here on has a hole. */
  #doom(connection: Connection): void {
    if (this.#doomed.push(connection) > 1) return;
    setImmediate(() => {
      const doomed = this.#doomed;
      this.#doomed = [];
      for (const one of doomed) one.cut();
    });
  }
}

/**
 * The native library pings after the idle time-out less a margin of 4, 8 or 16 s, counted in ticks of 4 s: the longest
 * time-out whose ping still comes within the heartbeat.
 */
function idleTimeoutSeconds(heartbeatMs: number): number {
  const pingAfter = (timeout: number): number => {
    let margin = 4;
    while (timeout - margin * 2 >= margin * 2 && margin < 16) margin *= 2;
    return Math.ceil((timeout - margin) / 4) * 4;
  };
  let timeout = 8;
  while (timeout < 960 && pingAfter(timeout + 1) * 1000 <= heartbeatMs) timeout++;
  return timeout;
}
