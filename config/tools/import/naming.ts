/** Names of the source as names of the service, and messages that it would take. */
import { encodeValue } from '../../../src/protocol/wire/msgpack.ts';
import { decodeBody, type Body } from '../../../src/protocol/wire/body.ts';
import { faultIn } from '../../../src/protocol/wire/fault.ts';
import { valuesMax } from '../../../src/protocol/params/limits.ts';
import { normaliseName, type NameLimits } from '../../../src/protocol/names/form.ts';
import { isValidName } from '../../../src/protocol/names/rule.ts';
import type { JsonMap } from './lines.ts';

/** What a name may not hold here, and what stands for that. */
const ENCODED =
  /[:{}%]|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cn}\p{Default_Ignorable_Code_Point}]|^\p{White_Space}|\p{White_Space}$/gu;

/** A name that the service takes as it is, in its normal form; else with what it does not take as in a URL; undefined where that is none either. */
export function nameHere(name: string, limits: NameLimits): string | undefined {
  const normal = normaliseName(name, limits);
  if (isValidName(normal, limits)) return normal;
  if (!name.isWellFormed()) return undefined;
  const encoded = normaliseName(
    normal.replace(ENCODED, (character) => (character === '%' ? '%25' : percent(character))),
    limits,
  );
  return isValidName(encoded, limits) ? encoded : undefined;
}

const percent = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/** Maps and lists around a message, in the body of a request. */
const DEPTH = 12;

/** As the service reads it, or what is wrong with its form. */
export const decodedMap = (message: JsonMap): Body | string =>
  decodeBody('json', Buffer.from(JSON.stringify(message)), { depth: DEPTH, valuesMax });

/** What a message takes in a request, and as the service weighs it (`packed`), or why it would not be taken. */
export function weigh(
  message: JsonMap,
): { readonly bytes: number; readonly values: number; readonly packed: number } | string {
  const text = JSON.stringify(message);
  const decoded = decodedMap(message);
  if (typeof decoded === 'string') return `the message is ${decoded}`;
  const fault = decoded.suspicious ? faultIn(decoded.value) : undefined;
  if (fault !== undefined) return `the message will not do: ${fault}`;
  // Each value and each key has a mark of its own around or behind it.
  const values = text.split(/[,:[{]/).length;
  return { bytes: Buffer.byteLength(text), values, packed: encodeValue(decoded.value).length };
}
