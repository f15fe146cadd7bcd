/** The text that a message has which somebody appends to, for the operator's check: behind all that was appended by this node before. */
import { isMap } from '../../protocol/params/values.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { roomTopic } from '../../redis/keys.ts';
import type { TextBefore } from '../hooks/checked.ts';
import type { Services } from '../services.ts';

export function textsBefore({ histories, heldAppends }: Pick<Services, 'histories' | 'heldAppends'>): TextBefore {
  return async (method, by, { roomName, id }) => {
    if (method !== 'roomMessageAppend' || typeof roomName !== 'string' || typeof id !== 'number') return undefined;
    await heldAppends.flush(roomTopic(roomName), id);
    const found = await histories.read(roomName, by.rights, id - 1, 1);
    const event = typeof found === 'string' ? undefined : found.find((one) => one.id === id);
    return event === undefined ? undefined : textIn(event);
  };
}

function textIn({ frame }: { readonly frame: Uint8Array }): string | undefined {
  const { value } = storedMessageIn(frame);
  const text = isMap(value) ? value['textMessage'] : undefined;
  return typeof text === 'string' ? text : undefined;
}
