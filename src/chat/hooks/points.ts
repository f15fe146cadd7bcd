/** Where else the operator's hooks are asked or told: logins, joins, leaves. Around requests: around.ts. */
import type { Absent, Connecting, LeaveCause } from '../../hooks/contract.ts';
import type { HookRunner } from '../../hooks/runner.ts';
import { readConnected, readRefusal, type HookFailure } from '../../hooks/verdict.ts';
import { fail, Failure, type HookCode } from '../../protocol/errors/errors.ts';
import { normaliseName, type NameLimits } from '../../protocol/names/form.ts';
import type { Credentials } from '../../protocol/connection.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { AccessStore } from '../../store/access/access-store.ts';
import type { Identity } from '../auth/authenticator.ts';
import type { Caller } from '../caller.ts';

export type Refused = Failure<HookCode> | HookFailure;

/** What a hook has said of who logs in. */
interface Said {
  readonly userName: string | undefined;
  readonly authData: ValueMap;
}

/**
 * Who is logged in, as the hook decides, of whom the credentials name; undefined where neither names anybody. The name
 * is not judged here. Credentials that are refused are not shown to the hook.
 */
export async function askToConnect(
  hooks: HookRunner | undefined,
  socketId: string,
  { credentials, reason, limits }: Pick<Connecting, 'reason'> & { credentials: Credentials; limits: NameLimits },
  identity: Identity | undefined,
): Promise<Said | Refused> {
  const nameBy = (said: Said | undefined): string | undefined =>
    said?.userName === undefined ? identity?.userName : normaliseName(said.userName, limits);
  const connecting = (former: Said | undefined): Connecting => ({
    socketId,
    reason,
    userName: nameBy(former),
    credentials: structuredClone(credentials),
    claims: structuredClone(identity?.claims ?? {}),
  });
  const said = await hooks?.ask('onConnect', connecting, readConnected, (former, later) => ({
    userName: later.userName ?? former.userName,
    authData: { ...former.authData, ...later.authData },
  }));
  if (said instanceof Failure) return said;
  return { userName: nameBy(said), authData: said?.authData ?? {} };
}

/**
 * What stands against a new join: the hook, which is asked where the room admits the user, or else the room. The room
 * may admit the user a moment later, and nobody joins whom the hook has not been asked about. `mayMake`: where there is no room, the
 * join makes it.
 */
export async function askToJoin(
  { hooks, access }: { hooks: HookRunner | undefined; access: Pick<AccessStore, 'readAccess'> },
  caller: Caller,
  roomName: string,
  mayMake = false,
): Promise<Refused | Failure<'noRoom' | 'notAllowed'> | undefined> {
  if (hooks?.has('onJoin') !== true) return undefined;
  if (caller.rooms.has(roomName) || caller.rooms.isJoining(roomName)) return undefined;
  const { socketId, userName } = caller;
  const found = await access.readAccess(roomName, userName);
  if (found === 'noRoom' && !mayMake) return fail('noRoom', [roomName]);
  if (found !== 'noRoom' && !found.admitted) return fail('notAllowed');
  const njoined = found === 'noRoom' ? 1 : found.njoined + 1;
  return hooks.ask('onJoin', () => ({ socketId, userName, roomName, njoined }), readRefusal);
}

/** Tells the hook of a socket that is out of a room. */
export function tellLeft(
  hooks: HookRunner | undefined,
  { socketId, userName }: Pick<Caller, 'socketId' | 'userName'>,
  roomName: string,
  left: { readonly njoined: number; readonly cause: LeaveCause },
): void {
  const { njoined, cause } = left;
  hooks?.tell('onLeave', () => ({ socketId, userName, roomName, njoined, cause }));
}

export const hearsOfAbsent = (hooks: HookRunner | undefined): boolean => hooks?.has('onAbsent') === true;

/** Tells the hook of a message whose receivers are away. Resolves when it is done with it, or given up. */
export async function tellAbsent(hooks: HookRunner | undefined, absent: () => Absent): Promise<void> {
  await hooks?.told('onAbsent', absent);
}
