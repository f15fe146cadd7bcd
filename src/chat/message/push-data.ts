/** What a sender gives for pushes of its message: bounded, and seen by the operator's hook only. */
import { badArgument, type Failure } from '../../protocol/errors/errors.ts';
import { PUSH_DATA_BYTES, type MessageOptions } from '../../protocol/message.ts';
import { encodeValue } from '../../protocol/wire/msgpack.ts';
import type { Value } from '../../protocol/params/values.ts';

/** In MessagePack; undefined where there is none. The options are the third param. */
export function pushDataIn(
  options: Pick<MessageOptions, 'pushData'> | undefined,
): Uint8Array | undefined | Failure<'badArgument'> {
  if (options?.pushData === undefined) return undefined;
  const packed = encodeValue(options.pushData);
  if (packed.length <= PUSH_DATA_BYTES) return packed;
  const given: Value = { ...options };
  return badArgument(2, given, `\`pushData\` takes ${packed.length} bytes where ${PUSH_DATA_BYTES} are allowed`);
}
