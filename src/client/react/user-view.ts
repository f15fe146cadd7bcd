/** A user as it stands now, as a value: the same one until something of it changes. */
import type { User } from '../user/user.ts';
import { sameFields } from './snapshot.ts';

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
