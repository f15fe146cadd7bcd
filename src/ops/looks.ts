/**
 * Looking at what is late. Where a process has stood still (its machine, a long collection of garbage), its timers run before it reads what
 * has come meanwhile, and would call late what is there. So it is looked behind that.
 */
import { every, type Beat } from './beat.ts';

/** A look that has begun when it is stopped is still made. */
export const lookEvery = (everyMs: number, look: () => void): Beat => every(everyMs, () => setImmediate(look));

/** May be ended by `clearTimeout`; a look that was due by then is still made. */
export const lookIn = (ms: number, look: () => void): NodeJS.Timeout => setTimeout(() => setImmediate(look), ms);
