/** A user as it stands now, as a value: the same one until something of it changes. */
import type { User } from '../user/user.ts';
import { listenTo, sameFields } from './snapshot.ts';

export interface UserView {
  readonly userName: string;
  readonly status: string | undefined;
  readonly lastOnline: number | undefined;
  readonly profile: Readonly<Record<string, unknown>>;
  /** The object itself, whose fields change. */
  readonly user: User;
}

const views = new WeakMap<User, UserView>();

export function viewOf(user: User): UserView {
  const { userName, status, lastOnline, profile } = user;
  const known = views.get(user);
  const next = { userName, status, lastOnline: lastOnline ?? undefined, profile, user };
  if (known !== undefined && sameFields(known, next)) return known;
  views.set(user, next);
  return next;
}

/** For sorting: the same order on every machine. */
export const byName = (one: UserView, other: UserView): number =>
  one.userName < other.userName ? -1 : Number(one.userName > other.userName);

/**
 * Listens to each of the users that are listed, as far as their views change. Users come and go: `follow` is to be called
 * whenever others may be listed.
 */
export function listenToUsers(
  listed: () => Iterable<User>,
  changed: () => void,
): { readonly follow: () => void; readonly stop: () => void } {
  const stops = new Map<User, () => void>();
  const listen = (user: User): (() => void) => {
    let shown = viewOf(user);
    return listenTo(user, ['update'], () => {
      // Of its state, which is no part of it, there are updates as well.
      const now = viewOf(user);
      if (now === shown) return;
      shown = now;
      changed();
    });
  };
  const follow = (): void => {
    const users = new Set(listed());
    for (const [user, stop] of stops) {
      if (users.has(user)) continue;
      stop();
      stops.delete(user);
    }
    for (const user of users) if (!stops.has(user)) stops.set(user, listen(user));
  };
  follow();
  return {
    follow,
    stop: () => {
      for (const stop of stops.values()) stop();
      stops.clear();
    },
  };
}
