/** Types of `answers.mjs`, for the page, which lets the bot answer too, and for the tests. */
import type { Room, ValueMap } from '../../../src/client/index.ts';

export interface BotOptions {
  /** Under which it is spoken to. */
  readonly name?: string;
  readonly pauseMs?: number;
}

export function answerIn(room: Room, options?: BotOptions): () => void;
export function greet(room: Room, options?: BotOptions): Promise<unknown>;
export function questionIn(message: { readonly content: ValueMap }, name: string): string | undefined;
export function answerTo(
  question: string,
  about: { readonly room: Room; readonly name: string; readonly author: string },
): Promise<string>;
