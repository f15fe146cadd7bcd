// Settings that are given and do nothing, since what they belong to is off: whoever gives them counts on them, and is told. Those of
// Redis refuse the start (redis-rules.ts).
import type { Config } from './shape.ts';
import type { Rule } from './redis-rules.ts';
import { keySources } from './signatures.ts';

interface Group {
  readonly names: readonly string[];
  /** What they belong to, as it completes "does nothing without …". */
  readonly needs: string;
  readonly isOff: (config: Config) => boolean;
  /** Settings of nearly the same name that belong to something else, by name. */
  readonly others?: Readonly<Record<string, string>>;
  /** What those belong to, as it completes "that of …". */
  readonly otherOf?: string;
}

const named = (prefix: string, ...ends: readonly string[]): string[] => ends.map((end) => `${prefix}_${end}`);

const groups: readonly Group[] = [
  {
    names: named('PARLEY_HOOK', 'SECRET', 'EVENTS', 'TIMEOUT_MS', 'CONCURRENCY', 'ON_FAILURE', 'PRIVATE'),
    needs: 'PARLEY_HOOK_URL',
    isOff: ({ hooks }) => hooks.remote.url === undefined,
    others: {
      PARLEY_HOOK_TIMEOUT_MS: 'PARLEY_HOOKS_TIMEOUT_MS',
      PARLEY_HOOK_CONCURRENCY: 'PARLEY_HOOKS_PENDING_MAX',
    },
    otherOf: 'the hooks of a module',
  },
  {
    names: named('PARLEY_HOOKS', 'TIMEOUT_MS', 'PENDING_MAX'),
    needs: 'PARLEY_HOOKS',
    isOff: ({ hooks }) => hooks.path === undefined,
    others: {
      PARLEY_HOOKS_TIMEOUT_MS: 'PARLEY_HOOK_TIMEOUT_MS',
      PARLEY_HOOKS_PENDING_MAX: 'PARLEY_HOOK_CONCURRENCY',
    },
    otherOf: 'hooks over HTTP',
  },
  {
    names: named('PARLEY_WEBHOOK', 'SECRET', 'EVENTS', 'PRIVATE', 'TIMEOUT_MS', 'BATCH', 'CONCURRENCY'),
    needs: 'PARLEY_WEBHOOK_URL',
    isOff: ({ webhook }) => webhook.url === undefined,
  },
  {
    names: named('PARLEY_JWKS', 'CACHE_MS', 'STALE_MS', 'COOL_DOWN_MS', 'TIMEOUT_MS'),
    needs: 'PARLEY_JWKS_URL',
    isOff: ({ auth }) => auth.jwksUrl === undefined,
  },
  {
    names: named('PARLEY_JWT', 'ALGORITHMS', 'AUDIENCE', 'ISSUER', 'USER_CLAIM', 'CLAIMS'),
    needs: 'PARLEY_JWT_SECRET, PARLEY_JWT_PUBLIC_KEY or PARLEY_JWKS_URL',
    isOff: ({ auth }) => keySources(auth).length === 0,
  },
  {
    names: ['PARLEY_SIGNATURE_SECRET'],
    needs: 'PARLEY_SIGNATURES',
    isOff: ({ auth }) => auth.signatures.length === 0,
  },
  {
    names: named('PARLEY_DIRECT_HISTORY', 'MAX_SIZE', 'MAX_BYTES'),
    needs: 'PARLEY_DIRECT_MESSAGES=stored',
    isOff: ({ direct }) => direct.messages !== 'stored',
  },
];

export const idleDoubts: readonly Rule[] = groups.map(
  ({ names, needs, isOff, others = {}, otherOf = '' }): Rule =>
    (config, isGiven) => {
      const idle = isOff(config) ? names.filter(isGiven) : [];
      if (idle.length === 0) return undefined;
      const meant = idle.flatMap((name) => others[name] ?? []);
      const told = idle.length === 1 ? 'is set, but does' : 'are set, but do';
      const hint =
        meant.length === 0 ? '' : `; ${meant.length === 1 ? 'that' : 'those'} of ${otherOf}: ${meant.join(', ')}`;
      return `${idle.join(' and ')} ${told} nothing without ${needs}${hint}.`;
    },
);
