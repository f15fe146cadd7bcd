// What must hold of the endpoint that is asked as a hook (PARLEY_HOOK_URL), by itself and with other settings.
import { isIP } from 'node:net';
import { isPublicAddress } from '../outside/public-address.ts';
import type { Rule } from './redis-rules.ts';
import type { Config } from './shape.ts';

type Remote = Config['hooks']['remote'];

const ofRemote =
  (rule: (remote: Remote & { readonly url: string }) => string | undefined): Rule =>
  ({ hooks: { remote } }) =>
    remote.url === undefined ? undefined : rule({ ...remote, url: remote.url });

export const hookMistakes: readonly Rule[] = [
  ofRemote(({ secret }) =>
    secret === undefined ? 'PARLEY_HOOK_URL needs PARLEY_HOOK_SECRET: by it the endpoint knows who asks.' : undefined,
  ),
  ofRemote(({ names }) =>
    names.length === 0 ? 'PARLEY_HOOK_URL needs PARLEY_HOOK_EVENTS: what the endpoint is asked.' : undefined,
  ),
  ofRemote(({ url, allowPrivate }) =>
    !allowPrivate && isPrivateHost(new URL(url))
      ? 'PARLEY_HOOK_URL is a private address, to which nothing is sent without PARLEY_HOOK_PRIVATE=on.'
      : undefined,
  ),
];

/** For these a module has settings of nearly the same name. */
const ofModule: Readonly<Record<string, string>> = {
  PARLEY_HOOK_TIMEOUT_MS: 'PARLEY_HOOKS_TIMEOUT_MS',
  PARLEY_HOOK_CONCURRENCY: 'PARLEY_HOOKS_PENDING_MAX',
};
const withoutUrl = ['SECRET', 'EVENTS', 'TIMEOUT_MS', 'CONCURRENCY', 'ON_FAILURE', 'PRIVATE'].map(
  (end) => `PARLEY_HOOK_${end}`,
);

export const hookDoubts: readonly Rule[] = [
  ({ hooks: { remote } }, isGiven) => {
    const idle = remote.url === undefined ? withoutUrl.find(isGiven) : undefined;
    if (idle === undefined) return undefined;
    const other = ofModule[idle];
    const meant = other === undefined ? '' : `; that of the hooks of a module is ${other}`;
    return `${idle} is set, but does nothing without PARLEY_HOOK_URL${meant}.`;
  },
  ofRemote(({ url }) => {
    const { protocol, hostname } = new URL(url);
    return protocol === 'http:' && !isLoopback(hostname)
      ? 'PARLEY_HOOK_URL is not https: whoever is on the way can read what it is asked, tokens included, and change its answers.'
      : undefined;
  }),
];

const isLoopback = (host: string): boolean => /^(?:(?:.*\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);

function isPrivateHost({ hostname }: URL): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return isLoopback(hostname) || (isIP(bare) !== 0 && !isPublicAddress(bare));
}
