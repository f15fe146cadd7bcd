/** Attributes of rooms. */
import type { attributesRequests } from '../../protocol/attributes.ts';
import { unavailable } from '../../protocol/errors.ts';
import type { HandlersOf } from '../caller.ts';
import type { Services } from '../services.ts';

export function attributesHandlers(_: Services): HandlersOf<typeof attributesRequests> {
  return {
    roomAttributesGet: () => unavailable(),
    roomAttributesSet: () => unavailable(),
  };
}
