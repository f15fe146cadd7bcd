/** The script that a node's start asks Redis by, before anything else: sent whole, once, and not among those that are kept. */
import { script } from '../script.ts';

export const checkPermissions = script('check-permissions', { uses: [], keys: [], args: ['key', 'channel'] });
