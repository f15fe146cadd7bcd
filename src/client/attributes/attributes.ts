/**
 * The attributes of one room: as the service has them, and what its user has set and not saved yet. They are read as a part
 * of the room's affairs; here notices and readings, which may overtake each other, are put in order by their versions.
 */
import type { Value, ValueMap } from '../../protocol/params/values.ts';
import { changed, isSame, valueAt } from '../../protocol/params/paths.ts';
import { changesBetween } from './changes.ts';

interface Told {
  readonly version: number;
  readonly changes: Readonly<ValueMap>;
}

/** Notices that a reading under way may not know of yet. */
const toldMax = 32;

export class Attributes {
  #map: Readonly<ValueMap> = {};
  /** Undefined: of no version that is known. */
  #version: number | undefined;
  #told: readonly Told[] = [];
  #unsaved: Readonly<ValueMap> = {};
  /** With what is not saved; made when it is asked for. */
  #shown: Readonly<ValueMap> | undefined;

  /** The same object until something of it changes. */
  get map(): Readonly<ValueMap> {
    this.#shown ??= this.isUnsaved ? changed(this.#map, this.#unsaved) : this.#map;
    return this.#shown;
  }

  get version(): number | undefined {
    return this.#version;
  }

  /** What was set since the last `saving`. */
  get unsaved(): Readonly<ValueMap> {
    return this.#unsaved;
  }

  get isUnsaved(): boolean {
    return Object.keys(this.#unsaved).length > 0;
  }

  get(path: string): Value | undefined {
    return valueAt(this.map, path) ?? undefined;
  }

  set(path: string, value: Value): void {
    const { [path]: _, ...others } = this.#unsaved;
    this.#unsaved = { ...others, [path]: value };
    this.#shown = undefined;
  }

  /** These were saved; what was set meanwhile stays. */
  saved(changes: Readonly<ValueMap>): void {
    const left = Object.entries(this.#unsaved).filter(([path, value]) => changes[path] !== value);
    this.#unsaved = Object.fromEntries(left);
    this.#shown = undefined;
  }

  /** Returns whether there was anything to be dropped. */
  revert(): boolean {
    const isAny = this.isUnsaved;
    this.#unsaved = {};
    this.#shown = undefined;
    return isAny;
  }

  /** A notice. Undefined: it is known already; else whether nothing is missing before it. */
  heard(changes: Readonly<ValueMap>, version: number): { readonly isWhole: boolean } | undefined {
    const last = Math.max(this.#version ?? 0, this.#told.at(-1)?.version ?? 0);
    if (version <= last) return undefined;
    this.#told = [...this.#told, { version, changes }].slice(-toldMax);
    // The first change is one of nothing.
    const isWhole = version === (this.#version ?? 0) + 1;
    if (isWhole) this.#version = version;
    this.#take(changed(this.#map, changes));
    return { isWhole };
  }

  /** A reading, with what was told since. Gives what it changes, and whether nothing is missing behind it. */
  learn(map: Readonly<ValueMap>, version: number): { readonly changes: ValueMap; readonly isWhole: boolean } {
    const before = this.#map;
    const later = this.#told.filter((told) => told.version > version);
    this.#take(later.reduce<Readonly<ValueMap>>((all, { changes }) => changed(all, changes), map));
    this.#version = version;
    for (const told of later) if (told.version === this.#version + 1) this.#version = told.version;
    const isWhole = later.every((told) => told.version <= (this.#version ?? 0));
    return { changes: changesBetween(before, this.#map), isWhole };
  }

  /** Whether the service had another map than is known here. */
  isNews(map: Readonly<ValueMap>): boolean {
    return !isSame(map, this.#map);
  }

  /** What another reading says in passing, without a version. Gives whether it is news. */
  offer(map: Readonly<ValueMap>): boolean {
    if (!this.isNews(map)) return false;
    this.#version = undefined;
    this.#take(map);
    return true;
  }

  /** On a new connection versions may be those of another room of that name. */
  lost(): void {
    this.#told = [];
  }

  forget(): void {
    this.lost();
    this.#version = undefined;
    this.#take({});
  }

  #take(map: Readonly<ValueMap>): void {
    this.#map = map;
    this.#shown = undefined;
  }
}
