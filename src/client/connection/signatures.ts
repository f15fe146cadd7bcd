/** Signatures that an application has its own server make, and what of a factory's answer is none. */
import type { Input, RequestName } from '../../protocol/catalogue.ts';
import { byCodePoints } from '../encoding/order.ts';
import { RequestError, textOf } from '../request-error.ts';

export interface Signature {
  readonly signature: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Counts once. */
  readonly nonce: string;
}

type Made = Signature | Promise<Signature>;

export interface SignatureFactories {
  /** For a login. */
  readonly signatureFactory: (userName: string | undefined) => Made;
  /** For who belongs to a room: it has no name yet where it is to be made. Of oneself joining is `invite`, quitting `kick`. */
  readonly conversationSignatureFactory: (
    roomName: string | undefined,
    userName: string,
    names: readonly string[],
    action: 'create' | 'invite' | 'kick',
  ) => Made;
  /** For who may not come in. */
  readonly blacklistSignatureFactory: (
    roomName: string,
    userName: string,
    names: readonly string[],
    action: 'block' | 'unblock',
  ) => Made;
}

/** Asks a factory. It rejects with `malformedSignature` where that gives anything else, or with what it threw, named. */
export async function signatureOf(make: () => Made): Promise<Signature> {
  let made: unknown;
  try {
    made = await make();
  } catch (error) {
    throw new RequestError('signatureFailed', `The signature factory failed: ${textOf(error)}`, { cause: error });
  }
  const { signature, timestamp, nonce } = isRecord(made) ? made : {};
  if (typeof signature === 'string' && typeof timestamp === 'number' && typeof nonce === 'string') {
    return { signature, timestamp, nonce };
  }
  throw new RequestError('malformedSignature', 'The signature factory gave no {signature, timestamp, nonce}.', {});
}

type Action = 'create' | 'invite' | 'kick' | 'block' | 'unblock';

/** What each request that is signed does. */
const actions: { readonly [N in RequestName]?: Action } = {
  conversationCreate: 'create',
  roomMembersAdd: 'invite',
  roomMemberJoin: 'invite',
  roomMembersRemove: 'kick',
  roomMemberQuit: 'kick',
  roomAddToList: 'block',
  roomRemoveFromList: 'unblock',
};

/**
 * How to have the input of a change of a blacklist or of who belongs to a room with its signature, where a factory makes them
 * and there is none yet; undefined for everything else, which needs none.
 */
export function signedInput<N extends RequestName>(
  name: N,
  input: Input<N>,
  factories: Partial<SignatureFactories>,
  user: { readonly userName: string | undefined; nameOf(name: string): string },
): (() => Promise<Input<N>>) | undefined {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  const fields: unknown = input;
  if (action === undefined || !isRecord(fields)) return undefined;
  const { roomName, listName } = fields;
  const given = isRecord(fields['options']) ? fields['options'] : {};
  const own = user.userName ?? '';
  const isOfNames = action === 'create' || 'userNames' in fields;
  const names = isOfNames ? (action === 'create' ? (given['members'] ?? []) : fields['userNames']) : [own];
  // What is wrong with these is told as of any other request.
  if (!isTexts(names) || given['signature'] !== undefined) return undefined;
  if (action !== 'create' && typeof roomName !== 'string') return undefined;
  const room = typeof roomName === 'string' ? user.nameOf(roomName) : undefined;
  const make = makerOf(factories, action, listName);
  if (make === undefined) return undefined;
  const sorted = names.map((each) => user.nameOf(each)).sort(byCodePoints);
  return async () => {
    const signature = await signatureOf(() => make(room, own, sorted));
    return { ...input, options: { ...given, signature } };
  };
}

/** Which factory signs it; of lists only the blacklist is signed. */
function makerOf(
  { conversationSignatureFactory: belong, blacklistSignatureFactory: block }: Partial<SignatureFactories>,
  action: Action,
  listName: unknown,
): ((room: string | undefined, own: string, names: readonly string[]) => Made) | undefined {
  if (action !== 'block' && action !== 'unblock') {
    return belong && ((room, own, names) => belong(room, own, names, action));
  }
  return listName === 'blacklist' ? block && ((room, own, names) => block(room ?? '', own, names, action)) : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
