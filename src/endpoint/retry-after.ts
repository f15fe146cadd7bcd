/** When an endpoint that has too much to do, or is away, wants to be asked again. */
import type { EndpointAnswer, EndpointError } from './endpoint.ts';

/** As long as anybody may ask for. */
const LONGEST_MS = 3_600_000;

/** What an answer asks for, in seconds or as a date (RFC 9110, 10.2.3); 0 where it asks for nothing. */
export function retryAfterMs({ status, headers }: Pick<EndpointAnswer | EndpointError, 'status' | 'headers'>): number {
  const given = headers['retry-after'];
  if (given === undefined || (status !== 429 && status !== 503)) return 0;
  const ms = /^\d{1,9}$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return Number.isNaN(ms) ? 0 : Math.max(0, Math.min(ms, LONGEST_MS));
}
