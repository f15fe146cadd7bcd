/** The scripts of a node's lease and manifest, and of the peers that sweep after it. */
import { script } from '../script.ts';

export const registerNode = script('register-node', {
  uses: ['clock'],
  keys: ['lease'],
  args: ['ttlMs', 'keepMs'],
  whenFull: true,
});

export const renewLease = script('renew-lease', {
  uses: ['clock'],
  keys: ['lease'],
  args: ['ttlMs', 'keepMs', 'draining'],
  whenFull: true,
});

export const readLease = script('read-lease', { uses: [], keys: ['lease'], args: [] });

// A hint for those who sweep, in a set of all nodes.
export const noteLease = script('note-lease', { uses: [], keys: ['nodes'], args: ['node', 'expires'], whenFull: true });

export const listLeases = script('list-leases', { uses: [], keys: ['nodes'], args: [] });

export const forgetLease = script('forget-lease', {
  uses: ['clock'],
  keys: ['nodes', 'sweptNodes'],
  args: ['node', 'keepMs'],
  whenFull: true,
});

export const claimLease = script('claim-lease', {
  uses: ['clock'],
  keys: ['lease', 'manifest'],
  args: ['seen', 'watchedMs', 'keepMs'],
  whenFull: true,
});

export const bequeath = script('bequeath', {
  uses: [],
  keys: ['lease', 'manifest'],
  args: ['keepMs'],
  rest: true,
  whenFull: true,
});

export const addToManifest = script('add-to-manifest', {
  uses: [],
  keys: ['lease', 'manifest'],
  args: [],
  rest: true,
  whenFull: true,
});

export const takeSweepPage = script('take-sweep-page', {
  uses: ['clock'],
  keys: ['lease', 'manifest'],
  args: ['pageMax', 'holdMs'],
  whenFull: true,
});

export const endSweepOf = script('end-sweep-of', {
  uses: [],
  keys: ['manifest', 'swept'],
  args: ['topic', 'keepMs'],
  whenFull: true,
});

export const reopenSweep = script('reopen-sweep', {
  uses: [],
  keys: ['lease', 'manifest', 'swept'],
  args: ['keepMs'],
  whenFull: true,
});
