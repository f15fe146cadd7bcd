/**
 * A set of map keys given as byte ranges, for the scan to find a key that is twice in one map. It allocates nothing
 * per key. It is hashed with a random seed, so that nobody can choose keys that all collide, and takes another one
 * should they collide all the same: work is linear whatever comes.
 */

const INITIAL_SLOTS = 8192;
/** Slots that are looked at for one key. The table is at most half full: chance never gets there. */
const PROBES_MAX = 128;

export class KeySet {
  // One row per slot: hash, map, start and end of the key. A slot of a map older than `#firstMap` is free.
  #rows = new Int32Array(INITIAL_SLOTS * 4);
  #slots = INITIAL_SLOTS;
  #used = 0;
  #firstMap = 1;
  #nextMap = 1;
  #seed: number;

  constructor(seed: number = randomSeed()) {
    this.#seed = seed;
  }

  /** Forgets all keys. Maps are numbered on, so that nothing has to be wiped. */
  clear(): void {
    this.#used = 0;
    this.#firstMap = this.#nextMap;
    if (this.#nextMap > 0x3fffffff) {
      this.#rows.fill(0);
      this.#firstMap = this.#nextMap = 1;
    }
  }

  /** Starts a map and gives the number by which its keys are added. */
  openMap(): number {
    return this.#nextMap++;
  }

  /** Adds the key `bytes[start, end)` of a map; false if the map has it already. */
  add(map: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#used * 2 >= this.#slots) this.#grow();
    const hash = hashOf(this.#seed, map, bytes, start, end);
    const rows = this.#rows;
    let probes = 0;
    for (let slot = hash & (this.#slots - 1); ; slot = (slot + 1) & (this.#slots - 1)) {
      if (++probes > PROBES_MAX) {
        this.#reseed(bytes);
        return this.add(map, bytes, start, end);
      }
      const row = slot * 4;
      const other = rows[row + 1] ?? 0;
      if (other < this.#firstMap) {
        rows[row] = hash;
        rows[row + 1] = map;
        rows[row + 2] = start;
        rows[row + 3] = end;
        this.#used++;
        return true;
      }
      if (other === map && rows[row] === hash && same(bytes, start, end, rows[row + 2] ?? 0, rows[row + 3] ?? 0)) {
        return false;
      }
    }
  }

  #grow(): void {
    this.#slots *= 2;
    this.#rebuild();
  }

  /** Places every key anew: all of them are of the same bytes. */
  #reseed(bytes: Uint8Array): void {
    this.#seed = randomSeed();
    const rows = this.#rows;
    for (let row = 0; row < rows.length; row += 4) {
      const map = rows[row + 1] ?? 0;
      if (map >= this.#firstMap) rows[row] = hashOf(this.#seed, map, bytes, rows[row + 2] ?? 0, rows[row + 3] ?? 0);
    }
    this.#rebuild();
  }

  #rebuild(): void {
    const old = this.#rows;
    this.#rows = new Int32Array(this.#slots * 4);
    for (let row = 0; row < old.length; row += 4) {
      if ((old[row + 1] ?? 0) < this.#firstMap) continue;
      let slot = (old[row] ?? 0) & (this.#slots - 1);
      while (this.#rows[slot * 4 + 1] !== 0) slot = (slot + 1) & (this.#slots - 1);
      this.#rows.set(old.subarray(row, row + 4), slot * 4);
    }
  }
}

const randomSeed = (): number => crypto.getRandomValues(new Int32Array(1))[0] ?? 0;

/** 32 bits of a key of a map. */
export function hashOf(seed: number, map: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = seed ^ Math.imul(map, 0x9e3779b1);
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193) ^ (hash >>> 15);
  return hash ^ (hash >>> 16);
}

function same(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let i = 0; i < end - start; i++) if (bytes[start + i] !== bytes[otherStart + i]) return false;
  return true;
}
