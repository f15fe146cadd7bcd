/** The script that a node's start asks Redis by, before anything else: sent whole, once, and not among those that are kept. */
import { listOf, text } from '../reply.ts';
import { scriptsBeside } from '../script.ts';

const script = scriptsBeside(import.meta.url);

export const checkPermissions = script('check-permissions', {
  keys: [],
  args: ['key', 'channel'],
  gives: listOf(text),
});
