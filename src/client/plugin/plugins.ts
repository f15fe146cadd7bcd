/**
 * The plugins of a client: what they add to its objects, and their middleware on the way out and in. What an event is, and
 * when it is due, is left to the objects.
 */
import { localError, RequestError, textOf, type Outcome } from '../request-error.ts';
import { Lane, type LaneBounds, type Stop, type Step } from './lane.ts';
import { checkPlugin, type Plugin, type ObjectKind } from './plugin.ts';

type Way = 'send' | 'receive';

const ways: LaneBounds = { stepMs: 10_000, waitingMax: 1_000 };

export class Plugins {
  readonly #tell: (error: unknown) => void;
  readonly #bounds: LaneBounds;
  /** For all objects, in order of registration. */
  readonly #common: Plugin[] = [];
  /** Keeps its objects: made anew they would be without. */
  readonly #own = new Map<object, Plugin[]>();
  /** Of each object the two ways, where a middleware was ever asked. */
  readonly #lanes = new WeakMap<object, Map<Way, Lane>>();
  /** Lanes in which something waits. */
  readonly #busy = new Set<Lane>();
  #ended: RequestError | undefined;

  /** `tell`: what a plugin does wrong, and nobody is told by an answer. */
  constructor(tell: (error: unknown) => void, bounds: LaneBounds = ways) {
    this.#tell = tell;
    this.#bounds = bounds;
  }

  /**
   * Adds a plugin to all objects: its middleware to those that are there, too, what extends them to those that come, and to
   * the client where it is given. Throws for what is no plugin, and for a name that is taken.
   */
  register(plugin: Plugin, client?: object): void {
    checkPlugin(plugin);
    if (this.#common.some(({ name }) => name === plugin.name)) throw taken(plugin);
    if (client !== undefined) attach(client, 'Client', plugin);
    this.#common.push(plugin);
  }

  /** To be called with each new object. A plugin that fails is told, and the object goes without it. */
  extend(object: object, kind: ObjectKind): void {
    for (const plugin of this.#common) {
      try {
        attach(object, kind, plugin);
      } catch (error) {
        this.#tell(named(plugin.name, error));
      }
    }
  }

  /** Adds a plugin to one object. Throws for what is no plugin, a name that is taken, and what the plugin throws. */
  add(object: object, kind: ObjectKind, plugin: Plugin): void {
    checkPlugin(plugin);
    const own = this.#own.get(object) ?? [];
    if ([...this.#common, ...own].some(({ name }) => name === plugin.name)) throw taken(plugin);
    attach(object, kind, plugin);
    this.#own.set(object, [...own, plugin]);
  }

  /**
   * Asks the middleware for what is about to be sent, in the same turn where there is none that waits: `settle` gets what
   * comes of it, or why it is refused. It is called once, and for one object in the order of the calls.
   */
  send<P>(object: object, event: string, payload: P, settle: (outcome: Outcome<P>) => void): void {
    const passed = (value: P): void => settle({ ok: true, value });
    this.#pass('send', object, event, payload, passed, (stop) => settle({ ok: false, error: refusal(stop) }));
  }

  /** The same for what has arrived. What a middleware refuses is dropped; where it fails that is told as well. */
  receive<P>(object: object, event: string, payload: P, deliver: (payload: P) => void): void {
    this.#pass('receive', object, event, payload, deliver, (stop) => {
      if (stop.kind !== 'refused') this.#tell(refusal(stop));
    });
  }

  /** The client is closed: what waits does not go on, nor does its time. */
  closed(error: RequestError): void {
    this.#ended = error;
    for (const lane of this.#busy) lane.end(error);
  }

  #pass<P>(
    way: Way,
    object: object,
    event: string,
    payload: P,
    passed: (payload: P) => void,
    stopped: (stop: Stop) => void,
  ): void {
    const steps = this.#stepsOf(way, object, event);
    const lane = this.#lanes.get(object)?.get(way);
    if (steps.length === 0 && lane === undefined) return passed(payload);
    (lane ?? this.#laneOf(way, object)).pass({
      passing: { object, event },
      steps,
      payload,
      // A middleware answers with a payload of the kind that it was given: that is its part of the contract.
      passed: (changed) => {
        if (this.#ended === undefined) passed(changed as P);
        else if (way === 'send') stopped({ kind: 'refused', pluginName: '', error: this.#ended });
      },
      stopped,
    });
  }

  #stepsOf(way: Way, object: object, event: string): readonly Step[] {
    const plugins = [...this.#common, ...(this.#own.get(object) ?? [])];
    return plugins.flatMap(({ name, middleware }) => {
      const table = middleware?.[way] ?? {};
      const own = Object.hasOwn(table, event) && event !== '*' ? table[event] : undefined;
      const all = Object.hasOwn(table, '*') ? table['*'] : undefined;
      return [own, all].flatMap((each) => (each === undefined ? [] : [{ pluginName: name, middleware: each }]));
    });
  }

  #laneOf(way: Way, object: object): Lane {
    const lane = new Lane(this.#bounds, (stop) => this.#tell(refusal(stop)), this.#busy);
    const lanes = this.#lanes.get(object) ?? new Map<Way, Lane>();
    this.#lanes.set(object, lanes.set(way, lane));
    return lane;
  }
}

function taken({ name }: Plugin): TypeError {
  return new TypeError(`There is a plugin with the name ${name} already.`);
}

function attach(object: object, kind: ObjectKind, plugin: Plugin): void {
  const extension = plugin.extends?.[kind];
  if (extension !== undefined) {
    if (plugin.name in object) throw new TypeError(`A ${kind} has something of the name ${plugin.name} already.`);
    // It is given the object that its own class says: the kind under which it stands.
    const value = new extension(object as never);
    Object.defineProperty(object, plugin.name, { value, enumerable: true });
  }
  plugin[`on${kind}Create`]?.(object as never);
}

/** What a send fails with, or what is told of a receive. A plugin may refuse with a `RequestError` of its own. */
function refusal({ kind, pluginName, error }: Stop): RequestError {
  if (error instanceof RequestError) return error;
  const code = kind === 'refused' ? 'notAllowed' : kind === 'late' ? 'timeout' : 'internalError';
  const told = localError(code, `The plugin ${pluginName}: ${textOf(error)}`);
  told.cause = error;
  return told;
}

function named(pluginName: string, error: unknown): Error {
  return new Error(`The plugin ${pluginName}: ${textOf(error)}`, { cause: error });
}
