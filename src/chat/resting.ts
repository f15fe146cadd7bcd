/** Much work in short steps: between two of them Redis is left to others for as long as the one before took, within a bound. */
import { setTimeout as pass } from 'node:timers/promises';

const REST_MS_MAX = 1000;

/** `began`: when the step did, on the monotonic clock. */
export const restAfter = (began: number): Promise<void> => pass(Math.min(performance.now() - began, REST_MS_MAX));
