/** The scripts of a node's lease and manifest, and of the peers that sweep after it. The Lua files say why. */
import { listOf, nothing, number, pairs, text } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';

const script = scriptsBeside(import.meta.url);

export const registerNode = script('register-node', {
  keys: ['lease'],
  args: ['ttlMs', 'keepMs'],
  whenFull: true,
  gives: number,
});

export const renewLease = script('renew-lease', {
  keys: ['lease'],
  args: ['ttlMs', 'keepMs', 'draining'],
  whenFull: true,
  refuses: ['lost'],
  gives: number,
});

export const readLease = script('read-lease', {
  keys: ['lease'],
  refuses: ['gone', 'claimed', 'draining'],
  gives: { expires: text, termMs: number },
});

export const adoptForm = script('adopt-form', {
  keys: ['nodes', 'form'],
  args: ['own'],
  whenFull: true,
  refuses: ['newer', 'older'],
  gives: nothing,
});

// A hint for those who sweep, in a set of all nodes.
export const noteLease = script('note-lease', {
  keys: ['nodes', 'form'],
  args: ['own', 'node', 'expires'],
  whenFull: true,
  refuses: ['newer'],
  gives: nothing,
});

export const listLeases = script('list-leases', { keys: ['nodes'], gives: pairs });

export const forgetLease = script('forget-lease', {
  keys: ['nodes', 'sweptNodes'],
  args: ['node', 'keepMs'],
  whenFull: true,
  gives: nothing,
});

export const claimLease = script('claim-lease', {
  keys: ['lease', 'manifest'],
  args: ['seen', 'watchedMs', 'keepMs'],
  whenFull: true,
  refuses: ['gone', 'claimed'],
  gives: { expires: text },
});

export const bequeath = script('bequeath', {
  keys: ['lease', 'manifest'],
  args: ['keepMs'],
  rest: true,
  whenFull: true,
  gives: nothing,
});

export const addToManifest = script('add-to-manifest', {
  keys: ['lease', 'manifest'],
  rest: true,
  whenFull: true,
  refuses: ['lost'],
  gives: nothing,
});

export const takeSweepPage = script('take-sweep-page', {
  keys: ['lease', 'manifest'],
  args: ['pageMax', 'holdMs'],
  whenFull: true,
  refuses: ['done'],
  gives: listOf(text),
});

export const endSweepOf = script('end-sweep-of', {
  keys: ['manifest', 'swept'],
  args: ['topic', 'keepMs'],
  whenFull: true,
  gives: nothing,
});

export const reopenSweep = script('reopen-sweep', {
  keys: ['lease', 'manifest', 'swept'],
  args: ['keepMs'],
  whenFull: true,
  refuses: ['none', 'open'],
  gives: { expires: text },
});
