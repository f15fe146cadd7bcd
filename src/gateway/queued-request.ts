/** A request that waits for a slot of its socket, its share of the frame it came in, and what it takes of its user's time. */
import { copyUnits, runningCost, spreadOf } from '../protocol/params/cost.ts';
import type { Limits } from '../protocol/params/limits.ts';
import type { RequestLike } from './answers.ts';
import type { Hub } from './hub/hub.ts';

export interface QueuedRequest {
  readonly message: RequestLike;
  readonly bytes: number;
  readonly values: number;
  readonly units: number;
}

/** In units, what it counts for while it runs, by how many sockets of this node are told. */
export function weightOf(
  { message: { method, params }, units, bytes }: QueuedRequest,
  userName: string,
  hub: Pick<Hub, 'hearers' | 'socketsOf'>,
  limits: Limits,
): number {
  const told = spreadOf(method, params, limits);
  let hearers = told?.kind === 'room' ? hub.hearers(told.name) : 0;
  if (told?.kind === 'user') hearers = hub.socketsOf(told.name).length + hub.socketsOf(userName).length;
  return runningCost(method, units) + copyUnits(hearers, bytes);
}
