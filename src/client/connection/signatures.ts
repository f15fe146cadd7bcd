/** Signatures that an application has its own server make, and what of a factory's answer is none. */
import type { Input, RequestName } from '../../protocol/catalogue.ts';
import { normaliseName, type NameLimits } from '../../protocol/names/form.ts';
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

/**
 * The input of a change of a blacklist with its signature, where a factory makes them and there is none yet; undefined for
 * everything else, which needs none.
 */
export function signedInput<N extends RequestName>(
  name: N,
  input: Input<N>,
  { blacklistSignatureFactory: factory }: Partial<SignatureFactories>,
  user: { readonly userName: string | undefined; readonly limits: NameLimits },
): Promise<Input<N>> | undefined {
  const action = name === 'roomAddToList' ? 'block' : name === 'roomRemoveFromList' ? 'unblock' : undefined;
  const fields: unknown = input;
  if (factory === undefined || action === undefined || !isRecord(fields)) return undefined;
  const { roomName, listName, userNames, options } = fields;
  const given = isRecord(options) ? options : {};
  // What is wrong with these is told as of any other request.
  if (
    listName !== 'blacklist' ||
    typeof roomName !== 'string' ||
    !isTexts(userNames) ||
    given['signature'] !== undefined
  )
    return undefined;
  const names = userNames.map((each) => normaliseName(each, user.limits)).sort(byCodePoints);
  const room = normaliseName(roomName, user.limits);
  const sign = async (): Promise<Input<N>> => {
    const signature = await signatureOf(() => factory(room, user.userName ?? '', names, action));
    return { ...input, options: { ...given, signature } };
  };
  return sign();
}

/** The order of their bytes in UTF-8, which is not that of UTF-16. */
function byCodePoints(one: string, other: string): number {
  const [left, right] = [Array.from(one), Array.from(other)];
  const at = left.findIndex((point, index) => point !== right[index]);
  if (at < 0) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? -1) - (right[at]?.codePointAt(0) ?? -1);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
