/**
 * IP addresses and ranges as sockets, proxies and operators write them, brought to one spelling: IPv4 that came in over IPv6 is
 * IPv4, IPv6 is short and in small letters (RFC 5952). Only such texts are compared, counted and logged.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { bare, unquoted } from './text.ts';

/** An address in its one spelling; undefined where the text is none. Takes it with a port, brackets, a zone, and in quotes. */
export function canonicalAddress(text: string): string | undefined {
  const given = unquoted(bare(text));
  const withoutPort = /^(\[[^\]]*\]|[\d.]+):\d{1,5}$/.exec(given)?.[1];
  return addressOf(withoutPort ?? given);
}

/** A host as it stands in a URL, or before a port. */
export const hostInUrl = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

function addressOf(text: string): string | undefined {
  const inner = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isIPv4(inner)) return inner;
  if (!isIPv6(inner)) return undefined;
  // The zone names an interface of the machine that wrote it.
  const [address = ''] = inner.split('%', 1);
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (mapped === null) return short;
  const [high = 0, low = 0] = mapped.slice(1).map((part) => Number.parseInt(part, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** An address or a range in its one spelling, or why nothing can ever come from it (completes the sentence "… contains X, …"). */
export function canonicalRange(text: string): { readonly range: string } | { readonly problem: string } {
  const [head = '', tail, ...rest] = unquoted(bare(text)).split('/');
  const address = addressOf(head);
  if (address === undefined || rest.length > 0)
    return { problem: 'which is no IP address or range such as 10.0.0.0/8' };
  if (tail === undefined) {
    return neverComes.check(address, familyOf(address))
      ? { problem: 'from which nothing can come: no host has this address' }
      : { range: address };
  }
  const bits = prefixOf(tail, isIPv4(head));
  // Of IPv4 in the form of IPv6 the first 96 bits are the form.
  const own = bits !== undefined && isIPv4(address) && !isIPv4(head) ? bits - 96 : bits;
  if (own === undefined || own < 0 || own > (isIPv4(address) ? 32 : 128)) return { problem: 'whose prefix is not one' };
  return { range: `${address}/${own}` };
}

/** The length of a prefix, written as a number or, for IPv4, as a mask. */
function prefixOf(text: string, maybeMask: boolean): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  if (!maybeMask || !isIPv4(text)) return undefined;
  const ones = text.split('.').reduce((all, part) => all + Number(part).toString(2).padStart(8, '0'), '');
  return /^1*0*$/.test(ones) ? ones.replaceAll('0', '').length : undefined;
}

/** Addresses and ranges, each in its one spelling, to be asked for addresses in theirs. */
export class AddressList {
  readonly #list = new BlockList();
  /** What came last: behind a proxy, and in a rush, it is asked for again. To look takes microseconds. */
  #last = { address: '', isIn: false };

  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [address = '', bits] = range.split('/');
      if (bits === undefined) this.#list.addAddress(address, familyOf(address));
      else this.#list.addSubnet(address, Number(bits), familyOf(address));
    }
  }

  has(address: string): boolean {
    if (address !== this.#last.address) {
      this.#last = { address, isIn: isIP(address) !== 0 && this.#list.check(address, familyOf(address)) };
    }
    return this.#last.isIn;
  }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** Nobody's, and groups (RFC 6890). */
const neverComes = new BlockList();
neverComes.addAddress('0.0.0.0', 'ipv4');
neverComes.addAddress('::', 'ipv6');
neverComes.addAddress('255.255.255.255', 'ipv4');
neverComes.addSubnet('224.0.0.0', 4, 'ipv4');
neverComes.addSubnet('ff00::', 8, 'ipv6');
