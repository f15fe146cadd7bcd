/**
 * What needs a clock per socket is found by one look at all of them, once a second, and sooner where a fan-out asks for it: logins that are
 * late, logins that have expired, and readers that are slow, or behind. Sockets that nothing was sent to are left alone until one is due.
 */
import type { Beat } from '../ops/beat.ts';
import { lookEvery } from '../ops/looks.ts';
import type { FanOut } from './hub/fan-out.ts';
import type { Hub } from './hub/hub.ts';
import type { Intake } from './intake.ts';
import type { Accounts } from './limits/account.ts';
import type { Addresses } from './limits/addresses.ts';
import type { Backlog } from './limits/backlog.ts';

export interface SocketScanDeps {
  /** One for each open socket. */
  readonly intakes: Iterable<Intake>;
  readonly backlog: Backlog;
  readonly loginTimeoutMs: number;
  readonly fanOut: Pick<FanOut, 'takePublished'>;
  readonly hub: Pick<Hub, 'setLag'>;
  readonly accounts: Pick<Accounts, 'tidy'>;
  readonly addresses: Pick<Addresses, 'tidy'>;
}

const SCAN_MS = 1000;
/** All are looked at at least so often: the clock of the machine, by which logins expire, may be put forward. */
const DUE_MAX_MS = 10_000;

export class SocketScan {
  readonly #deps: SocketScanDeps;
  /** When the first of those that nothing is sent to is due, on the monotonic clock. */
  #dueAt = 0;
  #hadTraffic = false;
  #queueBytes = 0;
  #beat: Beat | undefined;

  constructor(deps: SocketScanDeps) {
    this.#deps = deps;
  }

  /** Bytes that wait to be read by clients, as it was seen last. */
  get queueBytes(): number {
    return this.#queueBytes;
  }

  start(): void {
    this.#beat = lookEvery(SCAN_MS, () => this.look());
  }

  stop(): void {
    this.#beat?.stop();
  }

  /** A connection was opened: its login is to come in time. */
  opened(openedAt: number): void {
    this.#dueAt = Math.min(this.#dueAt, openedAt + this.#deps.loginTimeoutMs);
  }

  look(): void {
    const { fanOut, backlog, accounts, addresses } = this.#deps;
    const monotonic = performance.now();
    // What is unread is asked of the native library, socket by socket: not where nothing was sent, and all had been read.
    const hasTraffic = fanOut.takePublished() || backlog.hasTraffic;
    backlog.hasTraffic = false;
    // What was published in this very turn is only seen by the next look.
    const mayBeUnread = hasTraffic || this.#hadTraffic || this.#queueBytes > 0;
    this.#hadTraffic = hasTraffic;
    // Whoever has logged in since, or again, has asked for it.
    if (mayBeUnread || monotonic >= this.#dueAt) this.#lookAtEach(monotonic, mayBeUnread);
    accounts.tidy(monotonic);
    addresses.tidy(monotonic);
  }

  #lookAtEach(monotonic: number, mayBeUnread: boolean): void {
    const { hub, intakes, loginTimeoutMs } = this.#deps;
    const ahead = monotonic - Date.now();
    let queueBytes = 0;
    let dueAt = monotonic + DUE_MAX_MS;
    for (const { connection, socket } of intakes) {
      if (mayBeUnread) {
        const { bufferedBytes } = connection;
        queueBytes += bufferedBytes;
        if (connection.endIfSlow(bufferedBytes)) continue;
        if (socket !== undefined) hub.setLag(socket, connection.lag(socket.lag, bufferedBytes));
      }
      if (socket === undefined) {
        const until = connection.openedAt + loginTimeoutMs;
        if (monotonic > until) connection.end('loginTimeout');
        else dueAt = Math.min(dueAt, until);
        continue;
      }
      const { opening, closesAt } = socket;
      if (opening !== undefined && monotonic > opening.until) socket.goLive();
      else if (opening !== undefined) dueAt = Math.min(dueAt, opening.until);
      if (closesAt === undefined) continue;
      const endsAt = closesAt + ahead;
      if (endsAt <= monotonic) connection.end('tokenExpired');
      else dueAt = Math.min(dueAt, endsAt);
    }
    this.#queueBytes = queueBytes;
    this.#dueAt = dueAt;
  }
}
