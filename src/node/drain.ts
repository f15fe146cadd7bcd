/**
 * How a node leaves without losing anything, each step in its share of the time: the open sockets are sent elsewhere, the hooks end, who has
 * asked is answered, what was said is noted, and peers announce the leaves of users who do not come back within the grace.
 */
import type { NodeParts } from './build.ts';
import { about } from '../ops/log.ts';

/** The part of the drain time that is kept for what comes after the sockets are gone. */
const RESERVE_SHARE = 0.2;
/** For a receiver that has been sent something to say that it has taken it: else it gets that again. */
const WEBHOOK_GRACE_MS = 2000;
const RELEASE_MS = 1000;
/** Sockets sent away per second at most. */
const AWAY_PER_SECOND = 2000;

export interface DrainParts extends Pick<NodeParts, 'gateway' | 'lease' | 'errors' | 'hooks' | 'operatorPort' | 'log'> {
  readonly config: Pick<NodeParts['config'], 'node'>;
  readonly services: Pick<NodeParts['services'], 'webhooks'>;
}

/** Whatever Redis, a hook or a webhook takes: not longer than `PARLEY_DRAIN_MS`, but for the release of the lease. Never rejects for that. */
export async function drain(
  { gateway, lease, errors, hooks, operatorPort, services, log, config }: DrainParts,
  hooksStart: Promise<unknown> | undefined,
): Promise<void> {
  const { drainMs, drainGraceMs } = config.node;
  const deadline = performance.now() + drainMs;
  gateway.stopAccepting();
  const told = lease.beginDrain().catch((error: unknown) => errors.putOff('lease', error, 'draining is not told'));
  const spreadMs = Math.min(drainMs / 2, (gateway.size / AWAY_PER_SECOND) * 1000);
  const reserveMs = RESERVE_SHARE * drainMs;
  await by(deadline - reserveMs / 2, gateway.sendAway(spreadMs, deadline - reserveMs));
  await by(
    deadline - reserveMs / 2,
    hooksStart?.catch(() => undefined),
  );
  await by(deadline - reserveMs / 4, hooks?.close(reserveMs / 2));
  await by(deadline - reserveMs / 4, operatorPort.answered());
  const webhooksBy = deadline - reserveMs / 8;
  const graceMs = Math.min(WEBHOOK_GRACE_MS, Math.max(0, webhooksBy - performance.now()) / 2);
  await by(webhooksBy, services.webhooks?.close(graceMs));
  await by(deadline, told);
  const released = lease
    .release(drainGraceMs)
    .catch((error: unknown) => log.warn(about(error), 'the lease is left to run out'));
  // Else peers wait for the end of the lease: it has its time also where none is left.
  await by(Math.max(deadline, performance.now() + RELEASE_MS), released);
}

/** Waits for some work until then at the latest (`performance.now`); what becomes of it after that is not known. */
async function by(time: number, work: Promise<unknown> | undefined): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.max(0, time - performance.now()));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
