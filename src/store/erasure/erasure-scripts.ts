/** The scripts of erasures as work: begun, taken up by a node, noted, ended. The Lua files say why. */
import { done, nothing, text } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';

const script = scriptsBeside(import.meta.url);

export const beginErasure = script('begin-erasure', {
  keys: ['erasures', 'erased'],
  args: ['user', 'isKnown', 'keptMs'],
  whenFull: true,
  refuses: ['pending', 'done'],
  gives: done,
});

export const takeErasure = script('take-erasure', {
  keys: ['erasures', 'progress'],
  args: ['token', 'holdMs'],
  whenFull: true,
  refuses: ['none'],
  gives: { userName: text, place: text },
});

export const noteErasure = script('note-erasure', {
  keys: ['erasures', 'progress'],
  args: ['user', 'token', 'place', 'holdMs'],
  whenFull: true,
  refuses: ['lost'],
  gives: done,
});

export const endErasure = script('end-erasure', {
  keys: ['erasures', 'progress', 'erased'],
  args: ['user', 'token', 'keptMs'],
  whenFull: true,
  refuses: ['lost'],
  gives: done,
});

export const lockName = script('lock-name', {
  keys: ['erasing'],
  args: ['holdMs'],
  whenFull: true,
  gives: nothing,
});
