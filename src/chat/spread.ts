/** What it costs a node to tell many sockets something, in units of an ordinary request (protocol/cost.ts). */

/** Handing a small frame to that many sockets takes about as long as an ordinary request. */
const HEARERS_PER_UNIT = 50;
/** A frame that is longer by so much costs as much again. */
const BYTES_PER_SHARE = 2048;

export function spreadUnits(hearers: number, bytes: number): number {
  return (hearers / HEARERS_PER_UNIT) * (1 + bytes / BYTES_PER_SHARE);
}
