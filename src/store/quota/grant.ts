/** What a room was granted of its owner's quota, and what it asks for: as the scripts of rooms pack and tell it. */
import { list, number, text, type Reply } from '../../redis/reply.ts';

/** What a room may take of its owner's quota. */
export interface Grant {
  readonly names: number;
  readonly bytes: number;
}

/** What a room asks for: what it needs, and what would last. */
export interface Wish {
  readonly owner: string;
  /** Which room of that name. */
  readonly life: string;
  readonly needed: number;
  readonly asked: number;
}

/** As lib/grant.lua packs it. */
export function packGrant({ names, bytes }: Grant): Buffer {
  const packed = Buffer.alloc(24);
  packed.writeDoubleBE(names, 0);
  packed.writeDoubleBE(bytes, 8);
  return packed;
}

export function readWish(reply: Reply | undefined): Wish {
  const [owner, life, needed, asked] = list(reply);
  return { owner: text(owner), life: text(life), needed: number(needed), asked: number(asked) };
}
