/** The scripts by which messages come into rooms and conversations that were said elsewhere. The Lua files say why. */
import { done, number, optional, text, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { LOG, PEERS } from '../key-names.ts';
import { readWish } from '../quota/grant.ts';

const script = scriptsBeside(import.meta.url);

/** What lib/messages/imported.lua wants. */
const BATCH = ['at', 'count', 'ending', 'middle', 'maxAgeMs', 'bytesMax'] as const;

/** `refused` is the word of that library; then nothing else but how far it is. */
const progress = { imported: number, isOpen: yes, tooOld: number, oldestId: number } as const;

export const importRoom = script('import-room', {
  keys: [...LOG, 'history', 'latest', 'reactions', 'marks', 'mentioned'],
  args: [...BATCH, 'resetPrefix'],
  rest: true,
  writes: true,
  refuses: ['noRoom'],
  gives: { ...progress, seq: number, refused: optional(text), wish: optional(readWish) },
});

export const settleImport = script('settle-import', {
  keys: [...LOG, 'marks'],
  args: ['goal', 'cursor', 'resetPrefix'],
  rest: true,
  writes: true,
  refuses: ['noRoom'],
  gives: { cursor: text, goal: number, seq: number },
});

export const importDirect = script('import-direct', {
  keys: ['meta', 'history', 'latest', 'reactions'],
  args: [...BATCH, 'epoch', 'max'],
  rest: true,
  writes: true,
  gives: { ...progress, refused: optional(text) },
});

export const noteImported = script('note-imported', {
  keys: ['meta', 'history', ...PEERS],
  args: ['peer', 'at', 'anonymous'],
  refuses: ['noUser'],
  gives: done,
});
