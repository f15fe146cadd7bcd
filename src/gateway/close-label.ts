/** Close codes as few words, for counting. Which code a socket is closed with is decided elsewhere. */
import { closeCodes } from '../protocol/wire/close-codes.ts';

/** Codes that are never sent but seen (RFC 6455, 7.4.1). */
const seenCodes = { 1001: 'goingAway', 1005: 'noStatus', 1006: 'abnormal' };

const reasons: ReadonlyMap<string, string> = new Map([
  ...Object.entries(seenCodes),
  ...Object.values(closeCodes).map(({ code, reason }) => [String(code), reason] as const),
]);

export const closeLabels: readonly string[] = [...reasons.keys(), 'other'];

/** The code, or `other`: clients may close with any, and each label is kept. */
export const closeLabel = (code: number): string => (reasons.has(String(code)) ? String(code) : 'other');

/** What a label stands for. */
export const closeReason = (label: string): string => reasons.get(label) ?? 'other';
