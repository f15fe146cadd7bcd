/** What is decided before a WebSocket exists: origin, subprotocol, address, bearer token. Pure. */
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { canonicalAddress, type AddressList } from '../outside/address.ts';
import { clientAddress, readForwarded, type ForwardedHeaders } from '../outside/forwarded.ts';
import { canonicalHost, canonicalOrigin, hostOfOrigin } from '../outside/origin.ts';
import { bearerOf, shown } from '../outside/text.ts';
import { subprotocols, type Format } from '../protocol/wire/codec.ts';

export interface UpgradeRequest {
  /** The values of all headers of that name, joined by commas; nothing as an empty text. */
  header(name: string): string;
  /** The peer's address in its one spelling. */
  readonly peer: string;
}

export interface UpgradeRules {
  /** Origins in their one spelling. */
  readonly allowedOrigins: 'same-host' | '*' | readonly string[];
  readonly trustedProxies: AddressList;
  readonly forwardedHeaders: ForwardedHeaders;
}

export type UpgradeVerdict =
  | {
      readonly ok: true;
      readonly format: Format;
      /** To be named in the reply, as the client spelt it; none where none was offered. */
      readonly subprotocol: string | undefined;
      readonly address: string;
      readonly bearer: string | undefined;
    }
  | Refusal;

export interface Refusal {
  readonly ok: false;
  readonly reason: UpgradeRefusal;
  /** For the log: what was compared with what. */
  readonly details: Readonly<Record<string, unknown>>;
}

const knownSubprotocols = Object.keys(subprotocols).join(', ');

/** Why a socket is not opened: what it is told. Counted and logged by these words. */
export const upgradeRefusals = {
  draining: { status: '503 Service Unavailable', body: 'This node is stopping.' },
  noUpgrade: { status: '426 Upgrade Required', body: 'This path is for WebSockets; the Upgrade header is missing.' },
  origin: { status: '403 Forbidden', body: 'Pages of this origin may not connect.' },
  subprotocol: { status: '400 Bad Request', body: `The subprotocols known here are ${knownSubprotocols}.` },
  tooManySockets: { status: '429 Too Many Requests', body: 'There are too many sockets of this address.' },
  tooManyGuests: {
    status: '429 Too Many Requests',
    body: 'There are too many sockets of this address without a login.',
  },
  tooFast: { status: '429 Too Many Requests', body: 'Sockets of this address come too fast.' },
  crowded: { status: '503 Service Unavailable', body: 'There are too many sockets without a login here.' },
} as const satisfies Record<string, { readonly status: string; readonly body: string }>;
export type UpgradeRefusal = keyof typeof upgradeRefusals;

export const upgradeRefusalReasons: readonly string[] = Object.keys(upgradeRefusals);

export const refusal = (reason: UpgradeRefusal, details: Refusal['details']): Refusal => ({
  ok: false,
  reason,
  details,
});

export function judgeUpgrade(request: UpgradeRequest, rules: UpgradeRules): UpgradeVerdict {
  const { peer } = request;
  const forwarded = rules.trustedProxies.has(peer)
    ? readForwarded(rules.forwardedHeaders, (name) => request.header(name))
    : undefined;
  const address = clientAddress(peer, forwarded?.addresses ?? [], rules.trustedProxies);
  const hosts = forwarded?.hosts ?? hostsOf(request.header('host'));
  const origin = request.header('origin');
  if (!originAllowed(origin, hosts, rules.allowedOrigins)) {
    const details = { address, origin: shown(origin), hosts: hosts.map(shown), allowed: rules.allowedOrigins };
    return refusal('origin', details);
  }
  const offered = request
    .header('sec-websocket-protocol')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const chosen = offered.find((name) => formatOf(name) !== undefined);
  const format = chosen === undefined ? undefined : formatOf(chosen);
  if (offered.length > 0 && format === undefined) {
    return refusal('subprotocol', { address, offered: shown(offered.join(', ')), allowed: knownSubprotocols });
  }
  const bearer = bearerOf(request.header('authorization'));
  return { ok: true, format: format ?? 'msgpack', subprotocol: chosen, address, bearer };
}

/** Browsers name the page's origin; whoever names none is no browser. */
function originAllowed(given: string, hosts: readonly string[], allowed: UpgradeRules['allowedOrigins']): boolean {
  if (given === '' || allowed === '*') return true;
  const origin = canonicalOrigin(given);
  if (origin === undefined) return false;
  if (allowed !== 'same-host') return allowed.includes(origin);
  const host = hostOfOrigin(origin);
  return host !== undefined && hosts.includes(host);
}

function hostsOf(header: string): string[] {
  const host = canonicalHost(header);
  return host === undefined ? [] : [host];
}

function formatOf(subprotocol: string): Format | undefined {
  const name = subprotocol.toLowerCase();
  return Object.hasOwn(subprotocols, name) ? subprotocols[name as keyof typeof subprotocols] : undefined; // just looked up
}

/** The address at the other end of the connection, in its one spelling: the library writes IPv6 at full length. */
export function peerOf(res: HttpResponse): string {
  const text = Buffer.from(res.getRemoteAddressAsText()).toString('latin1');
  return canonicalAddress(text) ?? text;
}

/** Those that come several times joined (RFC 9110, 5.3): the library alone would give the first, which may be the client's own. */
export function headersOf(req: HttpRequest): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  req.forEach((name, value) => {
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  });
  return headers;
}
