/**
 * Edits of blacklists that the operator's own server has to agree to, where PARLEY_SIGNATURES says so: each signature is for one edit
 * by one user, and counts once. Whether it does is for the script to say, behind everything else that may stand against the edit.
 */
import type { ListEditOptions } from '../../protocol/access.ts';
import { Failure } from '../../protocol/errors.ts';
import type { SignedEdit } from '../../store/access/access-store.ts';
import { checkSignature } from '../auth/signature.ts';
import type { Caller } from '../caller.ts';
import type { Services } from '../services.ts';

export interface EditToSign {
  readonly verb: 'block' | 'unblock';
  readonly roomName: string;
  readonly listName: string;
  readonly userNames: readonly string[];
  readonly options?: ListEditOptions | undefined;
}

/** Undefined where none is asked for: of other lists, and of the service, in whosoever's name. */
export function signatureOf(
  { settings, instance }: Pick<Services, 'settings' | 'instance'>,
  socket: Pick<Caller, 'userName'> | undefined,
  { verb, roomName, listName, userNames, options }: EditToSign,
): SignedEdit | 'bad' | undefined {
  const secret = settings.blacklistSecret;
  if (secret === undefined || listName !== 'blacklist' || socket === undefined) return undefined;
  const shown = options?.signature;
  if (shown === undefined) return 'bad';
  const signed = checkSignature(
    secret,
    [verb, socket.userName, roomName, inByteOrder(userNames).join(':')],
    shown,
    instance.redisNow(),
  );
  return signed instanceof Failure ? 'bad' : signed;
}

const inByteOrder = (names: readonly string[]): string[] =>
  names
    .map((name) => Buffer.from(name))
    .toSorted((one, other) => Buffer.compare(one, other))
    .map(String);
