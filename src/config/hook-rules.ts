// What must hold of the endpoint that is asked as a hook (PARLEY_HOOK_URL), by itself and with other settings.
import type { Rule } from './redis-rules.ts';
import { isPlainRemote, isPrivateHost } from './remote-address.ts';
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

/** A login whose hook may take that long is over before the hook is given up. */
const outlastsLogins = (name: string, timeoutMs: number, { node: { loginTimeoutMs } }: Config): string | undefined =>
  timeoutMs >= loginTimeoutMs
    ? `${name} is not less than PARLEY_LOGIN_TIMEOUT_MS: while a hook does not answer, logins end with close code 4004 and no error.`
    : undefined;

export const hookDoubts: readonly Rule[] = [
  (config) =>
    config.hooks.path === undefined
      ? undefined
      : outlastsLogins('PARLEY_HOOKS_TIMEOUT_MS', config.hooks.timeoutMs, config),
  (config) => {
    const { url, names, timeoutMs } = config.hooks.remote;
    return url !== undefined && names.includes('onConnect')
      ? outlastsLogins('PARLEY_HOOK_TIMEOUT_MS', timeoutMs, config)
      : undefined;
  },
  ofRemote(({ url }) =>
    isPlainRemote(new URL(url))
      ? 'PARLEY_HOOK_URL is not https: whoever is on the way can read what it is asked, tokens included, and change its answers.'
      : undefined,
  ),
];
