/**
 * Objects by name, one for each as long as anybody has it: the latest are kept, and older ones that are to be;
 * of the others only what the application itself holds is found again. So names that others choose take bounded memory.
 */

/** How many old ones are looked at for each new one: all may have to be kept. */
const looks = 4;

export class Kept<T extends object> {
  readonly #max: number;
  readonly #isHeld: (object: T) => boolean;
  /** The one made last comes last. */
  readonly #recent = new Map<string, T>();
  readonly #older = new Map<string, WeakRef<T>>();
  readonly #collected: FinalizationRegistry<string> | undefined;

  /** `isHeld`: somebody listens to it, for instance. */
  constructor(max: number, isHeld: (object: T) => boolean) {
    this.#max = max;
    this.#isHeld = isHeld;
    // Where the platform has no weak references, old ones are made anew.
    if (typeof FinalizationRegistry === 'undefined') return;
    this.#collected = new FinalizationRegistry((name) => {
      if (this.#older.get(name)?.deref() === undefined) this.#older.delete(name);
    });
  }

  /** Those that are kept. */
  get objects(): ReadonlyMap<string, T> {
    return this.#recent;
  }

  /** Those, and older ones that are still somebody's. */
  get all(): readonly T[] {
    const older = Array.from(this.#older.values(), (reference) => reference.deref());
    return [...this.#recent.values(), ...older.filter((object) => object !== undefined)];
  }

  get(name: string): T | undefined {
    const recent = this.#recent.get(name);
    if (recent !== undefined) return recent;
    const older = this.#older.get(name)?.deref();
    if (older !== undefined) this.set(name, older);
    return older;
  }

  set(name: string, object: T): void {
    this.#older.delete(name);
    this.#recent.delete(name);
    this.#recent.set(name, object);
    let left = looks;
    for (const [oldName, old] of this.#recent) {
      if (this.#recent.size <= this.#max || left-- === 0) return;
      this.#recent.delete(oldName);
      if (old === object || this.#isHeld(old)) this.#recent.set(oldName, old);
      else this.#letGo(oldName, old);
    }
  }

  /** Names are made by another rule now. Of two that become one the older object is kept. */
  rename(nameOf: (name: string) => string, renamed: (object: T, name: string) => void): void {
    for (const [was, object] of Array.from(this.#recent)) {
      const name = nameOf(was);
      if (name === was) continue;
      this.#recent.delete(was);
      renamed(object, name);
      if (!this.#recent.has(name)) this.#recent.set(name, object);
    }
    for (const [was, reference] of Array.from(this.#older)) {
      const [name, object] = [nameOf(was), reference.deref()];
      if (name === was) continue;
      this.#older.delete(was);
      if (object === undefined) continue;
      renamed(object, name);
      if (!this.#recent.has(name)) this.#letGo(name, object);
    }
  }

  #letGo(name: string, object: T): void {
    if (this.#collected === undefined) return;
    this.#older.set(name, new WeakRef(object));
    this.#collected.register(object, name);
  }
}
