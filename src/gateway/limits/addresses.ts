/**
 * Who is at the door: sockets and guests (sockets that have not logged in) by address, and all guests of this node
 * together. A stranger costs a node something before anybody knows who it is; here that is bounded.
 */
import { BlockList, isIPv6 } from 'node:net';
import type { AddressLimit } from '../../config/setting.ts';
import { Accounts } from './account.ts';
import { Bucket, type Rate } from './rate.ts';

export interface DoorLimits {
  readonly socketsPerAddress: AddressLimit;
  readonly guestsPerAddress: AddressLimit;
  /** Of the whole node. */
  readonly guestsMax: number;
  /** What the guests of one address may ask for, and what all guests may that are refused. */
  readonly rate: Rate;
}

export type DoorRefusal = 'tooManySockets' | 'tooManyGuests' | 'tooFast' | 'crowded';

interface AtAddress {
  sockets: number;
  guests: number;
}

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv4');
}
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** A new connection with its login costs about as much as this many requests. */
const ARRIVAL_UNITS = 5;
/** Bytes of all guests of a node that may wait behind unanswered logins. */
const HELD_BYTES_MAX = 16 * 1024 * 1024;

/** What one party has: an IPv4 address, or a network of 64 bits, of which an IPv6 host has all addresses. */
function partyOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1).split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - first.length - last.length).fill('0');
  return `${[...first, ...zeros, ...last].slice(0, 4).join(':')}::/64`;
}

function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

export class Addresses {
  readonly #limits: DoorLimits;
  readonly #at = new Map<string, AtAddress>();
  readonly #rates: Accounts;
  readonly #refused: Bucket;
  #guests = 0;
  #heldBytes = 0;

  constructor(limits: DoorLimits) {
    this.#limits = limits;
    this.#rates = new Accounts(limits.rate);
    this.#refused = new Bucket(limits.rate, performance.now());
  }

  get guests(): number {
    return this.#guests;
  }

  /** Lets one more guest in, or says why not. Each guest let in is owed a `loggedIn` or `gone`. */
  admit(address: string, now: number): DoorRefusal | undefined {
    const { socketsPerAddress, guestsPerAddress, guestsMax } = this.#limits;
    const party = partyOf(address);
    const here = this.#at.get(party) ?? { sockets: 0, guests: 0 };
    const isPublic = !isPrivate(address);
    const isFull = ({ max, publicOnly }: AddressLimit, count: number): boolean =>
      max > 0 && count >= max && (isPublic || !publicOnly);
    if (isFull(socketsPerAddress, here.sockets)) return 'tooManySockets';
    if (isFull(guestsPerAddress, here.guests)) return 'tooManyGuests';
    if (this.#guests >= guestsMax) return 'crowded';
    if (isPublic && this.#rates.take(party, ARRIVAL_UNITS, now) > 0) return 'tooFast';
    here.sockets++;
    here.guests++;
    this.#at.set(party, here);
    this.#guests++;
    return undefined;
  }

  /** One is no guest any more: logged in, or gone in the middle of its login. */
  loggedIn(address: string): void {
    this.#guests--;
    this.#count(address, 0, -1);
  }

  gone(address: string, isGuest: boolean): void {
    if (isGuest) this.#guests--;
    this.#count(address, -1, isGuest ? -1 : 0);
  }

  #count(address: string, sockets: number, guests: number): void {
    const party = partyOf(address);
    const here = this.#at.get(party);
    if (here === undefined) return;
    here.sockets += sockets;
    here.guests += guests;
    if (here.sockets <= 0 && here.guests <= 0) this.#at.delete(party);
  }

  /** What a guest asks for that is no login: all of them share one small store. 0, or the milliseconds to wait. */
  takeRefused(units: number, now: number): number {
    return this.#refused.take(units, now);
  }

  /** What is to wait behind an unanswered login; false where guests have that much waiting already. */
  hold(bytes: number): boolean {
    if (this.#heldBytes + bytes > HELD_BYTES_MAX) return false;
    this.#heldBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }

  tidy(now: number): void {
    this.#rates.tidy(now);
  }
}
