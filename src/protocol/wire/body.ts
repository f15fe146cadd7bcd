/**
 * One value as the body of an HTTP request or answer, in either format, under the same rules as the messages on a
 * socket: checked for structure before anything is built, bytes in JSON as `{"$bytes": base64}`.
 */
import type { CodecOptions, Format } from './envelope.ts';
import { encodeJson, readJsonText } from './json.ts';
import { malformedReasons, type MalformedReason } from './malformed.ts';
import { decodeTrusted, encodeValue } from './msgpack.ts';
import { lastScan, scanReason, scanValue } from './scan.ts';
import type { Value } from '../params/values.ts';

export const contentTypes = { json: 'application/json', msgpack: 'application/msgpack' } as const satisfies Record<
  Format,
  string
>;

/** The format that a content type names; undefined where it is neither. */
export function formatOf(contentType: string): Format | undefined {
  const [essence = ''] = contentType.split(';');
  switch (essence.trim().toLowerCase()) {
    case 'application/json':
      return 'json';
    case 'application/msgpack':
    case 'application/x-msgpack':
    case 'application/vnd.msgpack':
      return 'msgpack';
    default:
      return undefined;
  }
}

/** `suspicious`: something that no param may carry may be in it; `findFault` knows where. */
export interface Body {
  readonly value: Value;
  readonly suspicious: boolean;
}

export type BodyLimits = Pick<CodecOptions, 'depth' | 'valuesMax'>;

/** The value, or what is wrong with the form of the body. `bytes` must stay as they are: binary values refer to them. */
export function decodeBody(format: Format, bytes: Uint8Array, limits: BodyLimits): Body | MalformedReason {
  if (format === 'json') return readJsonText(bytes, limits);
  const end = scanValue(bytes, 0, limits.depth, limits.valuesMax);
  if (end < 0) return scanReason(end);
  if (end !== bytes.length) return malformedReasons.badLength;
  return { value: decodeTrusted(bytes), suspicious: lastScan.suspicious };
}

export function encodeBody(format: Format, value: Value): Uint8Array | string {
  return format === 'json' ? encodeJson(value) : encodeValue(value);
}
