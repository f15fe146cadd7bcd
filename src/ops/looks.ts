/**
 * Looking at what is late. Where a process has stood still (its machine, a long collection of garbage), its timers run before it reads what
 * has come meanwhile, and would call late what is there. So it is looked behind that.
 */

/** For `clearInterval`; a look that has begun by then is still made. */
export const lookEvery = (everyMs: number, look: () => void): NodeJS.Timeout =>
  setInterval(() => setImmediate(look), everyMs);

/** For `clearTimeout`, likewise. */
export const lookIn = (ms: number, look: () => void): NodeJS.Timeout => setTimeout(() => setImmediate(look), ms);
