/** The scripts that treat rooms and users alike: reading a log again, and giving it a new life after a fork. */
import { script } from '../script.ts';

export const readLog = script('read-log', {
  uses: ['format', 'log'],
  keys: ['meta', 'history', 'events'],
  args: ['afterSeq', 'afterId', 'pageMax', 'bytesMax'],
});

export const rotateEpoch = script('rotate-epoch', {
  uses: ['clock', 'format', 'bytes', 'log'],
  keys: ['meta', 'channel', 'events'],
  args: ['nonce', 'expected', 'epoch'],
  whenFull: true,
});
