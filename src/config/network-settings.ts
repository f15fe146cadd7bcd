// The settings of where a node listens, and of who may reach it from there. A part of the table in table.ts.
import { addressRange, choice, integer, list, listenAddress, optionalText, webOrigin, type Parsed } from './setting.ts';

/** `same-host` and `*` stand alone; anything else is a list of exact origins. */
const originItem = (value: string): Parsed<string> =>
  value === '*' || value.toLowerCase() === 'same-host' ? { value: value.toLowerCase() } : webOrigin(value);

/** By the setting's name in this code. */
export const networkSettings = {
  host: listenAddress('PARLEY_HOST', '0.0.0.0', {
    evaluationDefault: '127.0.0.1',
    defaultText: '0.0.0.0 (127.0.0.1 when nothing is configured)',
    doc: 'Address of the public port.',
  }),
  port: integer('PARLEY_PORT', 8080, { min: 0, max: 65_535 }, { doc: 'Public port; 0 takes a free one.' }),
  apiHost: listenAddress('PARLEY_API_HOST', '127.0.0.1', {
    doc: "Address of the operator port, which tells who is there and takes orders: in a container that others scrape 0.0.0.0, on no network that is not the operator's own.",
  }),
  apiPort: integer(
    'PARLEY_API_PORT',
    8081,
    { min: 0, max: 65_535 },
    {
      doc: 'Operator port: metrics, health and the server API; 0 takes a free one, as does, outside production, one that is taken.',
    },
  ),
  apiKey: optionalText(
    'PARLEY_API_KEY',
    {
      secret: true,
      doc: 'Key of the server API on the operator port, which is not there without one; in production at least 16 characters.',
    },
    (value) => (/^[!-~]+$/.test(value) ? undefined : 'must be visible ASCII characters without spaces'),
  ),
  allowedOrigins: list('PARLEY_ALLOWED_ORIGINS', ['same-host'], originItem, {
    doc: 'Web pages that may connect: origins, `same-host`, or `*` for all; clients without an origin always may.',
  }),
  trustedProxies: list('PARLEY_TRUSTED_PROXIES', [], addressRange, {
    defaultText: 'none',
    doc: 'Addresses or ranges of proxies that are believed about the address and the host of a client.',
  }),
  forwardedHeaders: choice('PARLEY_FORWARDED_HEADERS', 'x-forwarded', ['x-forwarded', 'forwarded'], {
    doc: 'What they tell it by: X-Forwarded-For, -Host and -Port, or the Forwarded header of RFC 7239; the other is not looked at.',
  }),
} as const;
