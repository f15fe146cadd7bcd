/** The scripts of a node's lease and manifest, and of the peers that sweep after it. */
import { script } from '../script.ts';

export const registerNode = script('register-node', { uses: [], keys: ['lease'], args: ['ttlMs', 'keepMs'] });

export const renewLease = script('renew-lease', { uses: [], keys: ['lease'], args: ['ttlMs', 'keepMs', 'draining'] });

export const readLease = script('read-lease', { uses: [], keys: ['lease'], args: [] });

export const claimLease = script('claim-lease', { uses: [], keys: ['lease', 'manifest'], args: [] });

export const addToManifest = script('add-to-manifest', { uses: [], keys: ['lease', 'manifest'], args: [], rest: true });

export const takeSweepPage = script('take-sweep-page', {
  uses: [],
  keys: ['lease', 'manifest'],
  args: ['pageMax', 'holdMs'],
});
