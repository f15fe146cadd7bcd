// The settings of the webhook: where what is said is sent, and what of it. A part of the table in table.ts.
import { endpointProblem } from '../endpoint/address.ts';
import { signingSecretProblem } from '../endpoint/signature.ts';
import { webhookTypes } from '../protocol/service/webhooks.ts';
import { flag, integer, list, oneOf, optionalText } from './setting.ts';

/** By the setting's name in this code. */
export const webhookSettings = {
  webhookUrl: optionalText(
    'PARLEY_WEBHOOK_URL',
    // Many addresses of webhooks are all that it takes to write there.
    { secret: true, doc: 'Address to which what is said in rooms is sent, as POST; absent, nothing is.' },
    endpointProblem,
  ),
  webhookSecret: optionalText(
    'PARLEY_WEBHOOK_SECRET',
    {
      secret: true,
      quotable: true,
      doc: 'Shared secret of the signatures of what is sent (Standard Webhooks): `whsec_` and base64, or a text, of 16 bytes or more.',
    },
    signingSecretProblem,
  ),
  webhookEvents: list('PARLEY_WEBHOOK_EVENTS', ['message', 'change', 'member', 'room'], oneOf(webhookTypes), {
    doc: `What is sent: any of ${webhookTypes.map((type) => `\`${type}\``).join(', ')}.`,
  }),
  webhookPrivate: flag('PARLEY_WEBHOOK_PRIVATE', false, {
    doc: 'Whether the address may lead to this machine or a private network.',
  }),
  webhookTimeoutMs: integer(
    'PARLEY_WEBHOOK_TIMEOUT_MS',
    10_000,
    { min: 100, max: 60_000 },
    { unit: 'ms', doc: 'Longest wait for the answer to one request; then it is made again.' },
  ),
  webhookBatch: integer(
    'PARLEY_WEBHOOK_BATCH',
    100,
    { min: 1, max: 1000 },
    { unit: 'events', doc: 'Events in one request at most.' },
  ),
  webhookConcurrency: integer(
    'PARLEY_WEBHOOK_CONCURRENCY',
    4,
    { min: 1, max: 64 },
    { unit: 'requests', doc: 'Requests under way at the same time, of one node; a room has one at a time.' },
  ),
};
