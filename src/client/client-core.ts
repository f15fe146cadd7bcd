/** The core of a client: the connection, and who of its objects is told what of it, in which order. */
import type { Input, NotificationName, NotificationParams, RequestName, Result } from '../protocol/catalogue.ts';
import type { AuthData } from '../protocol/connection.ts';
import { normaliseName, type NameLimits } from '../protocol/names/form.ts';
import { defaultLimits, type Limits } from '../protocol/params/limits.ts';
import type { Value } from '../protocol/params/values.ts';
import { Connector } from './connection/connector.ts';
import type { ClientState, ConnectOptions, End } from './connection/life-cycle.ts';
import type { Link } from './connection/link.ts';
import { Questions } from './connection/questions.ts';
import { Requests } from './connection/requests.ts';
import { signedInput } from './connection/signatures.ts';
import type { Core } from './core.ts';
import { tellConsole, type Emitter } from './emitter.ts';
import type { ClientEvents } from './events.ts';
import type { CompleteOptions } from './options.ts';
import { notifications } from './manifest.ts';
import { MessageClasses } from './plugin/message-classes.ts';
import { Plugins } from './plugin/plugins.ts';
import { closedError, type RequestError } from './request-error.ts';

type Handler = (...params: readonly Value[]) => void;
type LoginHandler = (link: Link, authData: AuthData) => void | Promise<void>;

/** Notifications that may come before the first login is answered: an inbox and a session are smaller. */
const heldMax = 10_000;

export class ClientCore implements Core {
  readonly options: CompleteOptions;
  readonly emitter: Emitter<ClientEvents>;
  readonly plugins = new Plugins((error) => this.failed(error));
  readonly classes = new MessageClasses((error) => this.failed(error));
  readonly #connector: Connector;
  readonly #requests: Requests;
  readonly #questions: Questions;
  readonly #handlers = new Map<string, Handler[]>();
  readonly #claims = new Map<string, Handler>();
  readonly #answers = new Map<string, ((input: unknown, result: unknown) => void)[]>();
  readonly #renames: (() => void)[] = [];
  readonly #logins: LoginHandler[] = [];
  readonly #readies: (() => void)[] = [];
  readonly #losses: (() => void)[] = [];
  readonly #moves: (() => void)[] = [];
  readonly #ends = new Set<(error: RequestError) => void>();
  #ended: RequestError | undefined;
  #names: NameLimits = defaultLimits;
  /** What came before the first `connect`; undefined after it. */
  #held: [name: string, params: readonly Value[]][] | undefined = [];

  constructor(options: CompleteOptions, emitter: Emitter<ClientEvents>) {
    this.options = options;
    this.emitter = emitter;
    for (const plugin of options.plugins) this.plugins.register(plugin);
    this.classes.register(options.messageClasses);
    this.#requests = new Requests(options.requestTimeoutMs, (name, input, result) => {
      for (const handler of this.#answers.get(name) ?? []) handler(input, result);
    });
    this.#questions = new Questions(options.requestTimeoutMs);
    this.onLogin((link) => this.#requests.connected(link));
    this.onLoss(() => this.#requests.disconnected());
    this.onClose((error) => {
      this.#requests.closed(error);
      this.#questions.closed(error);
    });
    const { onFrame } = options;
    const look: CompleteOptions['onFrame'] = (direction, data) => {
      try {
        onFrame?.(direction, data);
      } catch (error) {
        this.failed(error);
      }
    };
    this.#connector = new Connector(
      { ...options, questions: this.#questions, onFrame: onFrame && look },
      {
        loggedIn: (link, authData) => this.#loggedIn(link, authData),
        lost: () => this.#call(this.#losses),
        notified: (name, params) => this.#notified(name, params),
        tell: (name, ...args) => {
          // The same table: the life cycle is a part of the client's events.
          emitter.emit(name, ...(args as unknown as ClientEvents[typeof name]));
          if (name === 'connect') this.#letGo();
          // Who heard of the login may have ended it: of what is compared then, half is missing.
          const isReady = (name === 'connect' || name === 'reconnect') && this.link !== undefined;
          if (isReady) this.#call(this.#readies);
        },
        closed: (end) => this.#closed(end),
        failed: (error) => this.failed(error),
        moved: () => this.#call(this.#moves),
      },
    );
  }

  get state(): ClientState {
    return this.#connector.state;
  }

  get authData(): AuthData | undefined {
    return this.#connector.authData;
  }

  get userName(): string | undefined {
    return this.authData?.userName;
  }

  get socketId(): string | undefined {
    return this.authData?.id;
  }

  get limits(): Limits {
    return this.authData?.limits ?? defaultLimits;
  }

  get link(): Link | undefined {
    return this.#connector.link;
  }

  get url(): string | undefined {
    return this.#connector.url;
  }

  connect(options?: ConnectOptions): Promise<AuthData> {
    return this.#connector.connect(options);
  }

  pause(): void {
    this.#connector.pause();
  }

  resume(): void {
    this.#connector.resume();
  }

  retry(): void {
    this.#connector.retry();
  }

  close(): Promise<void> {
    return this.#connector.close();
  }

  request<N extends RequestName>(name: N, input: Input<N>): Promise<Result<N>> {
    // Without a connection it fails at once, and nobody need sign it.
    const sign = this.link && signedInput(name, input, this.options.signatures, this);
    if (sign === undefined) return this.#requests.request(name, input);
    const inTime = this.#questions.ask('the signature factory', sign);
    return inTime.then((complete) => this.#requests.request(name, complete));
  }

  nameOf(name: string): string {
    if (typeof name !== 'string') throw new TypeError('A name is a string.');
    return normaliseName(name, this.#names);
  }

  failed(error: unknown): void {
    if (!this.emitter.tellError(error)) tellConsole(error);
  }

  onNotification<N extends NotificationName>(name: N, handler: (...params: NotificationParams<N>) => void): void {
    // Bytes become values here: what the service sends under a name is what the catalogue says.
    const known = this.#handlers.get(name) ?? [];
    this.#handlers.set(name, [...known, handler as unknown as Handler]);
  }

  claim<N extends NotificationName>(name: N, handler: (...params: NotificationParams<N>) => void): void {
    if (this.#claims.has(name)) throw new Error(`${name} is claimed by another part.`);
    this.#claims.set(name, handler as unknown as Handler);
  }

  onAnswer<N extends RequestName>(name: N, handler: (input: Input<N>, result: Result<N>) => void): void {
    this.#answers.set(name, [...(this.#answers.get(name) ?? []), handler as (input: unknown, result: unknown) => void]);
  }

  onRename(handler: () => void): void {
    this.#renames.push(handler);
  }

  onLogin(handler: LoginHandler): void {
    this.#logins.push(handler);
  }

  onReady(handler: () => void): void {
    this.#readies.push(handler);
  }

  /** The state is another one. Not all that it can be has an event. */
  onMove(handler: () => void): void {
    this.#moves.push(handler);
  }

  onLoss(handler: () => void): void {
    this.#losses.unshift(handler);
  }

  onClose(handler: (error: RequestError) => void): () => unknown {
    this.#ends.add(handler);
    const ended = this.#ended;
    // Who comes too late hears it all the same, when it is ready to.
    if (ended !== undefined) void Promise.resolve().then(() => this.#ends.has(handler) && this.#call([handler], ended));
    return () => this.#ends.delete(handler);
  }

  async #loggedIn(link: Link, authData: AuthData): Promise<void> {
    const isNew = authData.limits.names !== this.#names.names;
    this.#names = authData.limits;
    if (isNew) this.#call(this.#renames);
    // Who hears of what one of them does may end the link: the others would take it for one that is there.
    await Promise.all(
      this.#logins.map(async (handler) => {
        if (this.link === link) await handler(link, authData);
      }),
    );
  }

  /** Before the first `connect` notifications wait for it, but for the one that says why there is none. */
  #notified(name: string, params: readonly Value[]): void {
    if (this.#held === undefined || name === 'loginRejected') return this.#receive(name, params);
    if (this.#held.length < heldMax) this.#held.push([name, params]);
    else this.failed(new Error(`${name} was dropped: too many notifications came before the login`));
  }

  #letGo(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const [name, params] of held) if (this.state !== 'closed') this.#receive(name, params);
  }

  #receive(name: string, params: readonly Value[]): void {
    // One that this version of the catalogue lacks has no listeners.
    if (!isNotificationName(name)) return;
    for (const handler of this.#handlers.get(name) ?? []) handler(...params);
    const claim = this.#claims.get(name);
    if (claim !== undefined) claim(...params);
    else this.emitter.emit(name, ...(params as NotificationParams<typeof name>));
  }

  #closed(end: End): void {
    const error = closedError(end);
    this.#ended = error;
    this.plugins.closed(error);
    this.#call([...this.#ends].reverse(), error);
  }

  /** What one of them throws, or the application by way of it, keeps nothing from the others. */
  #call<A extends readonly unknown[]>(handlers: readonly ((...args: A) => unknown)[], ...args: A): void {
    for (const handler of handlers) {
      try {
        handler(...args);
      } catch (error) {
        this.failed(error);
      }
    }
  }
}

function isNotificationName(name: string): name is NotificationName {
  return notifications.has(name);
}
