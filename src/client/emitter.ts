/**
 * Who listens to what: the base of all objects of the library that have events. Names are typed; patterns match them by
 * their segments. When an event is due is left to its object.
 */

/** The events of an object: for each name what its listeners get. */
export type EventMap<Events> = { readonly [N in keyof Events]: readonly unknown[] };

/** `.` parts a name into segments; `*` stands for one of them, `**` for any number. */
export type Pattern = `${string}*${string}`;

/** A promise that it returns may reject: that is told like a throw. */
export type Listener<Args extends readonly unknown[]> = (...args: Args) => unknown;
export type AnyListener = (event: string, ...args: readonly unknown[]) => unknown;

/** What a listener threw, and at which event. */
export type ErrorSink = (error: unknown, event: string) => void;

interface Registration {
  /** The name or pattern it was registered under; undefined: for every event. */
  readonly event: string | undefined;
  readonly listener: (...args: never[]) => unknown;
  readonly context: unknown;
  readonly once: boolean;
  /** The segments of a pattern. */
  readonly segments: readonly string[] | undefined;
  ended: boolean;
}

/**
 * Guarantees: listeners are called in the order of their registrations, one registered twice is called twice; who is
 * registered during an event hears only later ones, who is removed during it hears nothing more of it. A listener that
 * throws stops nobody: it is told as `error`, then where the owner says, and to the console where nobody listens to that.
 */
export class Emitter<Events extends EventMap<Events>> {
  readonly #registrations: Registration[] = [];
  readonly #errors: ErrorSink;

  /** `errors`: where what listeners throw goes if nobody listens to `error` here; the console when left out. */
  constructor(errors: ErrorSink = toConsole) {
    this.#errors = errors;
  }

  on<N extends keyof Events & string>(event: N, listener: Listener<Events[N]>, context?: unknown): this;
  on(event: Pattern, listener: Listener<never[]>, context?: unknown): this;
  on(event: string, listener: Listener<never[]>, context?: unknown): this {
    return this.#add(event, listener, context, false);
  }

  once<N extends keyof Events & string>(event: N, listener: Listener<Events[N]>, context?: unknown): this;
  once(event: Pattern, listener: Listener<never[]>, context?: unknown): this;
  once(event: string, listener: Listener<never[]>, context?: unknown): this {
    return this.#add(event, listener, context, true);
  }

  /** Every event, its name first. `offAny` ends it. */
  onAny(listener: AnyListener, context?: unknown): this {
    return this.#add(undefined, listener, context, false);
  }

  /**
   * Removes one registration of the listener (with that context, and by `once` if so, where they are given), the oldest;
   * without a listener all of that very name or pattern.
   */
  off<N extends keyof Events & string>(
    event: N,
    listener?: Listener<Events[N]>,
    context?: unknown,
    once?: boolean,
  ): this;
  off(event: Pattern, listener?: Listener<never[]>, context?: unknown, once?: boolean): this;
  off(event: string, listener?: Listener<never[]>, context?: unknown, once?: boolean): this {
    return this.#remove(event, listener, context, once);
  }

  /** Without a listener all of `onAny`. */
  offAny(listener?: AnyListener, context?: unknown): this {
    return this.#remove(undefined, listener, context);
  }

  /** Calls who listens, and says whether anybody did. */
  emit<N extends keyof Events & string>(event: N, ...args: Events[N]): boolean {
    return this.#call(event, args);
  }

  /**
   * @internal Tells an error. False where nobody listens to `error` by its name: who listens to everything hears it as well, but
   * does not see to errors.
   */
  tellError(error: unknown): boolean {
    const isSeenTo = this.#registrations.some(({ event }) => event === 'error');
    this.#call('error', [error]);
    return isSeenTo;
  }

  /** @internal Somebody listens to something of it. */
  get isHeard(): boolean {
    return this.#registrations.length > 0;
  }

  /** Whether anybody would hear this. */
  hears(event: keyof Events & string): boolean {
    return this.#registrations.some((each) => matches(each, event, segmentsOf(event)));
  }

  /** Somebody listens, once more. For classes that begin only then. */
  protected listened(): void {
    return;
  }

  #add(event: string | undefined, listener: Listener<never[]>, context: unknown, once: boolean): this {
    if (typeof listener !== 'function') throw new TypeError(`A listener of ${event ?? 'every event'} is no function.`);
    const segments = event?.includes('*') === true ? segmentsOf(event) : undefined;
    this.#registrations.push({ event, listener, context, once, segments, ended: false });
    this.listened();
    return this;
  }

  #remove(event: string | undefined, listener?: Listener<never[]>, context?: unknown, once?: boolean): this {
    const isMeant = (each: Registration): boolean =>
      each.event === event &&
      (listener === undefined || each.listener === listener) &&
      (context === undefined || each.context === context) &&
      (once === undefined || each.once === once);
    const meant = this.#registrations.filter(isMeant);
    for (const each of listener === undefined ? meant : meant.slice(0, 1)) this.#end(each);
    return this;
  }

  #end(registration: Registration): void {
    registration.ended = true;
    const at = this.#registrations.indexOf(registration);
    if (at >= 0) this.#registrations.splice(at, 1);
  }

  #call(event: string, args: readonly unknown[]): boolean {
    const segments = segmentsOf(event);
    const heard = this.#registrations.filter((each) => matches(each, event, segments));
    for (const each of heard) {
      if (each.ended) continue;
      if (each.once) this.#end(each);
      try {
        const given = each.event === undefined ? [event, ...args] : args;
        const returned: unknown = Reflect.apply(each.listener, each.context, given);
        if (isPromise(returned)) returned.then(undefined, (error: unknown) => this.#failed(event, error));
      } catch (error) {
        this.#failed(event, error);
      }
    }
    return heard.length > 0;
  }

  /** A listener of `error` that fails itself is told outside: here it would be asked again. */
  #failed(event: string, error: unknown): void {
    if (event === 'error' || !this.tellError(error)) this.#errors(error, event);
  }
}

function segmentsOf(event: string): readonly string[] {
  return event.split('.');
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function matches({ event, segments: pattern }: Registration, name: string, segments: readonly string[]): boolean {
  if (event === undefined || event === name) return true;
  return pattern !== undefined && fits(pattern, segments);
}

function fits(pattern: readonly string[], segments: readonly string[], at = 0, from = 0): boolean {
  const part = pattern[at];
  if (part === undefined) return from === segments.length;
  if (part !== '**')
    return (
      (part === '*' ? from < segments.length : part === segments[from]) && fits(pattern, segments, at + 1, from + 1)
    );
  for (let end = from; end <= segments.length; end++) if (fits(pattern, segments, at + 1, end)) return true;
  return false;
}

function toConsole(error: unknown, event: string): void {
  tellConsole(`A listener of ${event} failed:`, error);
}

/** What nobody listens to. A bare machine may have no console. */
export function tellConsole(...told: readonly unknown[]): void {
  const platform: { console?: { error(...told: readonly unknown[]): void } } = globalThis;
  platform.console?.error(...told);
}
