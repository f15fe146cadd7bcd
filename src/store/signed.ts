/** What scripts are told of a request that was signed (lib/auth/once.lua). */
import { flag } from '../redis/script.ts';

/** A signature that is right: its nonce counts once, and is kept until a time by Redis's clock. */
export interface SignedEdit {
  readonly nonce: string;
  readonly keptUntil: number;
}

/** Left out where no signature is asked for; `bad` where there is none that is right. */
export type Signing = SignedEdit | 'bad' | undefined;

/** What a script whose request may be signed wants among its arguments. */
export const ONCE = ['badSignature', 'onceOnly', 'onceUntil'] as const;

export const onceArgs = (
  signed: Signing,
): Readonly<Record<'badSignature' | 'onceOnly' | 'onceUntil', string | number>> => {
  const { nonce, keptUntil } = typeof signed === 'object' ? signed : { nonce: '', keptUntil: 0 };
  return { badSignature: flag(signed === 'bad'), onceOnly: nonce, onceUntil: keptUntil };
};
