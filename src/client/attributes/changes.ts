/** Telling two maps apart, so that what one of them has become can be told like a change. */
import { isSame } from '../../protocol/params/paths.ts';
import type { ValueMap } from '../../protocol/params/values.ts';

/** What makes one map of another, by the keys of its first level. */
export function changesBetween(before: Readonly<ValueMap>, after: Readonly<ValueMap>): ValueMap {
  const changes: ValueMap = {};
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) changes[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (old === undefined || !isSame(old, value)) changes[key] = value;
  }
  return changes;
}
