/** Signatures that an application has its own server make, and what of a factory's answer is none. */
import { RequestError } from '../request-error.ts';

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
  /** For making a conversation (no name yet) and for its members; names are sorted. */
  readonly conversationSignatureFactory: (
    roomName: string | null,
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

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
