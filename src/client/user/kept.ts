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

  /** `isHeld`: somebody listens to it, for instance. */
  constructor(max: number, isHeld: (object: T) => boolean) {
    this.#max = max;
    this.#isHeld = isHeld;
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
    // Without weak references what the application holds would not be found again.
    if (typeof WeakRef === 'undefined') return;
    this.#tidy();
    let left = looks;
    for (const [oldName, old] of this.#recent) {
      if (this.#recent.size <= this.#max || left-- === 0) return;
      this.#recent.delete(oldName);
      if (old === object || this.#isHeld(old)) this.#recent.set(oldName, old);
      else this.#letGo(oldName, old);
    }
  }

  /** Names are made by another rule now. Of two that become one that is kept which has the name already. */
  rename(nameOf: (name: string) => string, renamed: (object: T, name: string) => void): void {
    for (const [was, object] of Array.from(this.#recent)) {
      const name = nameOf(was);
      // One that was let go meanwhile, for another that was found again, comes below.
      if (name === was || !this.#recent.delete(was)) continue;
      renamed(object, name);
      if (this.get(name) === undefined) this.#recent.set(name, object);
    }
    for (const [was, reference] of Array.from(this.#older)) {
      const [name, object] = [nameOf(was), reference.deref()];
      if (name === was || !this.#older.delete(was) || object === undefined) continue;
      renamed(object, name);
      if (this.get(name) === undefined) this.#letGo(name, object);
    }
  }

  #letGo(name: string, object: T): void {
    this.#older.set(name, new WeakRef(object));
  }

  /** Forgets the names of those that nobody has, a few at a time. */
  #tidy(): void {
    let left = looks;
    for (const [name, reference] of this.#older) {
      if (left-- === 0) return;
      this.#older.delete(name);
      if (reference.deref() !== undefined) this.#older.set(name, reference);
    }
  }
}
