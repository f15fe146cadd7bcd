/**
 * What the operator's own server has to agree to, where PARLEY_SIGNATURES says so: edits of blacklists, rooms that are made with members,
 * and changes of these. Each signature is for one request by one user, and counts once. Whether it does is for the script to say, behind
 * everything else that may stand against the request.
 */
import { failBecause, Failure } from '../../protocol/errors/errors.ts';
import type { Signature } from '../../protocol/connection.ts';
import type { Signing } from '../../store/signed.ts';
import { checkSignature } from '../auth/signature.ts';
import type { Caller } from '../caller.ts';
import type { ChatSettings, Services } from '../services.ts';

export interface EditToSign {
  readonly verb: 'block' | 'unblock' | 'create' | 'invite' | 'kick';
  /** '' of `create`: a room that is made is not named. */
  readonly roomName: string;
  readonly userNames: readonly string[];
  readonly options?: { readonly signature?: Signature | undefined } | undefined;
}

const secretFor = (settings: ChatSettings, verb: EditToSign['verb']): string | undefined =>
  verb === 'block' || verb === 'unblock' ? settings.blacklistSecret : settings.membersSecret;

/** Undefined where none is asked for: so of the service, in whosoever's name. */
export function signatureOf(
  { settings, instance }: Pick<Services, 'settings' | 'instance'>,
  socket: Pick<Caller, 'userName'> | undefined,
  { verb, roomName, userNames, options }: EditToSign,
): Signing {
  const secret = secretFor(settings, verb);
  if (secret === undefined || socket === undefined) return undefined;
  const shown = options?.signature;
  if (shown === undefined) return 'bad';
  const names = inByteOrder(userNames).join(':');
  const room = verb === 'create' ? [] : [roomName];
  const signed = checkSignature(secret, [verb, socket.userName, ...room, names], shown, instance.redisNow());
  return signed instanceof Failure ? 'bad' : signed;
}

const BAD_SIGNATURE = 'it is not that of what is asked for, its time is over or to come, or it was used before';

export const badSignature = (): Failure<'badSignature'> => failBecause('badSignature', [], BAD_SIGNATURE);

/**
 * Does what a user has signed on another slot than its own, where the nonce is used up first. Where that is refused, the signature is
 * good for another time; where nobody knows whether it was done, it is not.
 */
export async function onceSigned<T extends object | string>(
  { users }: Pick<Services, 'users'>,
  userName: string,
  signed: Signing,
  act: () => Promise<T>,
  isRefused: (outcome: T) => boolean,
): Promise<T | Failure<'badSignature'>> {
  if (signed === undefined) return act();
  if (signed === 'bad' || (await users.useNonce(userName, signed)) === 'used') return badSignature();
  const outcome = await act();
  // Should this fail it is used up: another one will do.
  if (isRefused(outcome)) await users.giveNonceBack(userName, signed.nonce).catch(() => undefined);
  return outcome;
}

export const inByteOrder = (names: readonly string[]): string[] =>
  names
    .map((name) => Buffer.from(name))
    .toSorted((one, other) => Buffer.compare(one, other))
    .map(String);
