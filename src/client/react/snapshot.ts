/**
 * Something that changes, as immutable values for React: a new value only after a change that shows in it, made only while
 * somebody looks, and one for all components. What is looked at is given by who makes it.
 */
import { useSyncExternalStore } from 'react';
import type { Source } from './sources.ts';

export class Snapshots<T extends object> {
  readonly #read: () => T;
  readonly #listen: (changed: () => void) => () => void;
  readonly #watchers = new Set<() => void>();
  #current: T | undefined;
  /** Something was heard since `#current` was made. */
  #stale = true;
  #stop: (() => void) | undefined;

  /** `listen` is called when the first component looks, and what it returns when the last one has gone. */
  constructor(read: () => T, listen: (changed: () => void) => () => void) {
    this.#read = read;
    this.#listen = listen;
  }

  readonly subscribe = (onChange: () => void): (() => void) => {
    // Its own function for each call: two that give the same one are two.
    const watcher = (): void => onChange();
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) {
      // What happened while nobody listened was not heard.
      this.#stale = true;
      this.#stop = this.#listen(() => this.changed());
    }
    return () => {
      if (!this.#watchers.delete(watcher) || this.#watchers.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  };

  readonly get = (): T => {
    if (this.#current !== undefined && !this.#stale && this.#stop !== undefined) return this.#current;
    const next = this.#read();
    if (this.#current === undefined || !sameFields(this.#current, next)) this.#current = next;
    this.#stale = false;
    return this.#current;
  };

  readonly changed = (): void => {
    this.#stale = true;
    for (const watcher of Array.from(this.#watchers)) watcher();
  };
}

/** The value now, and again whenever it changes. `onServer` is what a server renders, and a browser's first look at that. */
export function useSnapshot<T extends object>(snapshots: Snapshots<T>, onServer: T): T {
  return useSyncExternalStore(snapshots.subscribe, snapshots.get, () => onServer);
}

/** One value for each object, made when it is first asked for; it goes with the object. */
export function perObject<K extends object, V>(make: (object: K) => V): (object: K) => V {
  const made = new WeakMap<K, V>();
  return (object) => {
    const known = made.get(object);
    if (known !== undefined) return known;
    const fresh = make(object);
    made.set(object, fresh);
    return fresh;
  };
}

/** Listens to several events of one object, for as long as what it returns is not called. */
export function listenTo(source: Source, events: readonly string[], listener: () => void): () => void {
  // Its own function: `off` takes one registration, and it must be this one.
  const heard = (): void => listener();
  for (const event of events) source.on(event, heard);
  return () => {
    for (const event of events) source.off(event, heard);
  };
}

/** Listens to what of a room is told by `update`, as far as it is one of these. */
export function listenToFields(source: Source, fields: readonly string[], listener: () => void): () => void {
  const heard = ({ changed }: { readonly changed?: unknown }): void => {
    // A message, which is told by it as well, has something else of that name.
    if (Array.isArray(changed) && fields.some((field) => changed.includes(field))) listener();
  };
  source.on('update', heard);
  return () => void source.off('update', heard);
}

/** The same to one level, lists by what they hold. */
export function sameFields(one: object, other: object): boolean {
  const [a, b] = [Object.entries(one), Object.entries(other)];
  return (
    a.length === b.length && a.every(([name, value]) => Object.hasOwn(other, name) && same(value, field(other, name)))
  );
}

const field = (object: object, name: string): unknown => (object as Readonly<Record<string, unknown>>)[name]; // just looked up

function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (!Array.isArray(one) || !Array.isArray(other)) return false;
  return one.length === other.length && one.every((value, index) => Object.is(value, other[index]));
}
