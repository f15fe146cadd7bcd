/**
 * What proxies tell of whom they speak for: the client's address and the host that it asked for. One family of headers is read,
 * which the operator chooses: a proxy that writes one of them hands on what a client claims in the other. Whether the proxy is to
 * be believed is for the caller to say.
 */
import { AddressList, canonicalAddress } from './address.ts';
import { canonicalHost } from './origin.ts';
import { bare, shown, unquoted } from './text.ts';

/** `x-forwarded`: X-Forwarded-For, -Host and -Port. `forwarded`: the one header of RFC 7239. */
export type ForwardedHeaders = 'x-forwarded' | 'forwarded';

export interface Forwarded {
  /** From the client's end to ours, as written. */
  readonly addresses: readonly string[];
  /** Those that the request was made to, by the one or the other proxy's word, the last one's `Host` first; in their one spelling. */
  readonly hosts: readonly string[];
}

/** `header` gives the values of all headers of that name, joined by commas; nothing as an empty text. */
export function readForwarded(kind: ForwardedHeaders, header: (name: string) => string): Forwarded {
  const host = header('host');
  if (kind === 'forwarded') {
    const elements = elementsOf(header('forwarded'));
    return {
      addresses: elements.map((element) => element.get('for') ?? ''),
      hosts: canonicalHosts([host, ...elements.map((element) => element.get('host') ?? '')]),
    };
  }
  const hosts = [host, ...listOf(header('x-forwarded-host'))];
  // Some proxies leave the port out of the host, and tell it here.
  const withPort = listOf(header('x-forwarded-port')).flatMap((port) => hosts.map((each) => `${each}:${port}`));
  return {
    addresses: listOf(header('x-forwarded-for')),
    hosts: canonicalHosts([...hosts, ...withPort.slice(0, HOSTS_MAX)]),
  };
}

/** The address nearest to the client that is none of our own proxies: what stands before it may be made up. */
export function clientAddress(peer: string, forwarded: readonly string[], proxies: AddressList): string {
  let address = peer;
  for (const hop of forwarded.toReversed()) {
    if (!proxies.has(address)) break;
    const text = bare(hop);
    if (text === '') break;
    // A name that stands for no address (`unknown`, `_gazonk`) is still something to count by.
    address = canonicalAddress(text) ?? shown(text);
  }
  return address;
}

/** Combinations of hosts and ports that are looked at. */
const HOSTS_MAX = 16;

const listOf = (header: string): string[] => (header === '' ? [] : header.split(',').map(bare));

const canonicalHosts = (hosts: readonly string[]): string[] => hosts.flatMap((host) => canonicalHost(host) ?? []);

/** The elements of a `Forwarded` header, names in small letters: `for=192.0.2.60;host="a:443", for="[2001:db8::1]:47011"`. */
function elementsOf(header: string): ReadonlyMap<string, string>[] {
  if (header === '') return [];
  let element = new Map<string, string>();
  const elements = [element];
  for (const [found, name, value] of header.matchAll(/,|([\w!#$%&'*+.^`|~-]+)(?:=("(?:[^"\\]|\\.)*"|[^;,"\s]*))?/g)) {
    if (found === ',') elements.push((element = new Map<string, string>()));
    else element.set((name ?? '').toLowerCase(), unquoted(value ?? '').replace(/\\(.)/g, '$1'));
  }
  return elements;
}
