/** How somebody says it is just now, as a line below its name; nothing where it says nothing. */
import { useUserState } from '../../client/react/index.ts';
import { statusIn } from '../format.ts';

/** Of so many of a list it is shown: each is asked for by itself. */
export const STATUSES_MAX = 30;

export function UserStatus({ userName }: { readonly userName: string }) {
  const status = statusIn(useUserState(userName));
  return status === undefined ? undefined : <span className="item-line">{status}</span>;
}
