/**
 * The form in which this build keeps its state, and in which its nodes speak to each other: nodes of two forms may not share a prefix. A
 * node of a later one waits until the last of an earlier one has ended, and makes the state its own; nobody goes back from there.
 */
import { RedisUnfit } from '../../redis/start/first-contact.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';

/**
 * To be raised where a node of the build before could not work beside one of this build, or read what it has written; where both can,
 * nodes are updated one by one. The changelog says so, too.
 */
export const FORM = 1;

/** Nothing that waiting mends. */
export const isNewer = (): RedisUnfit =>
  new RedisUnfit(
    'a later build of this service has made the state at this prefix its own, in a form that this one does not read',
  );

/** Passes when they have ended. */
export const isOlder = (): StateUnavailable =>
  new StateUnavailable(
    'nodes of an earlier build are running, which do not read what this one writes: it waits until all have ended',
  );
