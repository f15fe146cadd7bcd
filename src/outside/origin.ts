/**
 * Origins of web pages and hosts of requests, each brought to one spelling: small letters, international names as punycode, no
 * default port, no dot at the end. Only such texts are compared.
 */
import { bare, unquoted } from './text.ts';

/** `scheme://host[:port]` in its one spelling; undefined where the text is no origin, or an opaque one (`null`). */
export function canonicalOrigin(text: string): string | undefined {
  const given = unquoted(bare(text));
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s\\?#]+$/i.test(given) || !URL.canParse(given)) return undefined;
  const { protocol, host, username, password, pathname } = new URL(given);
  if (host === '' || username !== '' || password !== '' || (pathname !== '' && pathname !== '/')) return undefined;
  return `${protocol}//${withoutDot(host.toLowerCase())}`;
}

/**
 * `host[:port]` in its one spelling; undefined where the text is none. The default ports of HTTP and HTTPS count as none, both of
 * them: behind a proxy that ends TLS nobody knows which of the two it was.
 */
export function canonicalHost(text: string): string | undefined {
  const given = unquoted(bare(text));
  if (!/^[^\s/\\?#@,]+$/.test(given) || !URL.canParse(`http://${given}`)) return undefined;
  return withoutDefaultPort(withoutDot(new URL(`http://${given}`).host));
}

/** The host of a canonical origin, fit to be compared with a canonical host; undefined where it is no web page's. */
export function hostOfOrigin(origin: string): string | undefined {
  const host = /^https?:\/\/(.*)$/.exec(origin)?.[1];
  return host === undefined ? undefined : withoutDefaultPort(host);
}

const withoutDefaultPort = (host: string): string => host.replace(/:(?:80|443)$/, '');
const withoutDot = (host: string): string => host.replace(/\.(?=:\d+$|$)/, '');

/** Why a text can never be the origin of a page that connects, if it cannot (completes the sentence "… contains X, …"). */
export function originProblem(text: string): string | undefined {
  const origin = canonicalOrigin(text);
  if (origin === undefined)
    return 'which is no origin such as https://chat.example.com (a scheme, a host, perhaps a port)';
  if (/^wss?:/.test(origin)) return 'but an origin is that of the web page, https:// or http://';
  if (origin.startsWith('file:')) return 'but pages from files have no origin';
  if (origin.includes('*')) return 'but origins are compared whole: name each';
  return undefined;
}
