// The settings of hooks, those of a module and those that an endpoint answers over HTTP. A part of the table in table.ts.
import { choice, flag, integer, list, oneOf, optionalText } from './setting.ts';
import { endpointProblem } from '../endpoint/address.ts';
import { signingSecretProblem } from '../endpoint/signature.ts';

/** Hooks that an endpoint may answer: those that decide, and are asked once for what somebody does. */
export const remoteHookNames = ['onConnect', 'onJoin', 'roomMessageCheck', 'directMessageCheck'] as const;
export type RemoteHookName = (typeof remoteHookNames)[number];

/** By the setting's name in this code. */
export const hookSettings = {
  hooks: optionalText('PARLEY_HOOKS', {
    doc: "Module with the operator's hooks, as a path or a file URL; it runs inside the service.",
  }),
  hooksTimeoutMs: integer(
    'PARLEY_HOOKS_TIMEOUT_MS',
    1000,
    { min: 1, max: 60_000 },
    { unit: 'ms', doc: 'A hook that has not answered by then is given up, unless its policy says otherwise.' },
  ),
  hooksPendingMax: integer(
    'PARLEY_HOOKS_PENDING_MAX',
    1000,
    { min: 1, max: 1_000_000 },
    {
      unit: 'calls',
      doc: 'Calls of one hook that are waited for at the same time; further ones are refused as unavailable.',
    },
  ),
  hookUrl: optionalText(
    'PARLEY_HOOK_URL',
    // It may hold what lets somebody in there.
    { secret: true, doc: 'Endpoint that is asked over HTTP, behind the module: see src/hooks/README.md.' },
    endpointProblem,
  ),
  hookSecret: optionalText(
    'PARLEY_HOOK_SECRET',
    {
      secret: true,
      quotable: true,
      doc: 'Signs what it is asked: `whsec_` and the base64 of random bytes, or a text; 16 bytes at least.',
    },
    signingSecretProblem,
  ),
  hookEvents: list('PARLEY_HOOK_EVENTS', [], oneOf(remoteHookNames), {
    doc: `What it is asked, of ${remoteHookNames.map((name) => `\`${name}\``).join(', ')}.`,
  }),
  hookTimeoutMs: integer(
    'PARLEY_HOOK_TIMEOUT_MS',
    1000,
    { min: 1, max: 60_000 },
    {
      unit: 'ms',
      doc: 'What it has not answered by then is given up. Before that a request waits for its turn, for half as long at most.',
    },
  ),
  hookConcurrency: integer(
    'PARLEY_HOOK_CONCURRENCY',
    50,
    { min: 1, max: 1000 },
    {
      unit: 'requests',
      doc: 'Requests of one hook under way on one node, and so connections. 16 times as many may wait; further ones are not sent.',
    },
  ),
  hookOnFailure: choice('PARLEY_HOOK_ON_FAILURE', 'refuse', ['refuse', 'allow'], {
    doc: 'What follows where it does not answer: `allow`, as if it had said nothing.',
  }),
  hookPrivate: flag('PARLEY_HOOK_PRIVATE', false, {
    doc: 'Connect to it also at a private or loopback address.',
  }),
};
