/** What a key is, and the only places where a string becomes one. */

/** A key made here; scripts take nothing else. */
export type Key = string & { readonly __key: unique symbol };

export const key = (tag: string, part: string): Key => `${tag}:${part}` as Key;
/** One that a scan has found. */
export const foundKey = (name: string): Key => name as Key;
