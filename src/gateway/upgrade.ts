/** What is decided before a WebSocket exists: origin, subprotocol, address, bearer token. Pure but for the counters. */
import { BlockList, isIPv6 } from 'node:net';
import type { Format } from '../protocol/codec.ts';
import { subprotocols } from '../protocol/codec.ts';

export interface UpgradeRequest {
  readonly origin: string;
  readonly host: string;
  readonly offered: string;
  readonly authorization: string;
  readonly forwardedFor: string;
  /** The peer's address as text. */
  readonly peer: string;
}

export interface UpgradeRules {
  readonly allowedOrigins: 'same-host' | '*' | readonly string[];
  readonly trustedProxies: BlockList;
}

export type UpgradeVerdict =
  | {
      readonly ok: true;
      readonly format: Format;
      /** To be named in the reply; none where none was offered. */
      readonly subprotocol: string | undefined;
      readonly address: string;
      readonly bearer: string | undefined;
    }
  | { readonly ok: false; readonly status: string };

export function judgeUpgrade(request: UpgradeRequest, rules: UpgradeRules): UpgradeVerdict {
  if (!originAllowed(request, rules.allowedOrigins)) return { ok: false, status: '403 Forbidden' };
  const offered = request.offered
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const known = offered.find((name): name is keyof typeof subprotocols => Object.hasOwn(subprotocols, name));
  if (offered.length > 0 && known === undefined) return { ok: false, status: '400 Bad Request' };
  const bearer = /^Bearer +(\S+)$/i.exec(request.authorization)?.[1];
  return {
    ok: true,
    format: known === undefined ? 'msgpack' : subprotocols[known],
    subprotocol: known,
    address: clientAddress(request, rules.trustedProxies),
    bearer,
  };
}

/** Browsers name the page's origin; whoever names none is no browser. */
function originAllowed({ origin, host }: UpgradeRequest, allowed: UpgradeRules['allowedOrigins']): boolean {
  if (origin === '' || allowed === '*') return true;
  if (allowed !== 'same-host') return allowed.includes(origin);
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

/** The address nearest to the client that is not one of our own proxies. */
function clientAddress({ peer, forwardedFor }: UpgradeRequest, proxies: BlockList): string {
  let address = plain(peer);
  for (const hop of forwardedFor.split(',').reverse()) {
    if (!proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) break;
    if (hop.trim() === '') break;
    address = plain(hop.trim());
  }
  return address;
}

/** IPv4 addresses that came in over IPv6, and the long form of IPv6, in one spelling. */
function plain(address: string): string {
  const mapped = /^(?:::ffff:|(?:0{1,4}:){5}ffff:)(.+)$/i.exec(address)?.[1];
  if (mapped === undefined) return address;
  if (mapped.includes('.')) return mapped;
  const [high = 0, low = 0] = mapped.split(':').map((part) => Number.parseInt(part, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Addresses and ranges in CIDR notation. */
export function addressList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
