/** The text that a message has which somebody appends to, for the operator's check: behind all that was appended by this node before. */
import { isMap } from '../../protocol/params/values.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { roomTopic } from '../../redis/keys.ts';
import type { TopicEvent } from '../../log/event.ts';
import type { TextBefore } from '../hooks/checked.ts';
import type { Services } from '../services.ts';
import { laneOf } from './direct-changes.ts';

type Deps = Pick<Services, 'histories' | 'pairs' | 'heldAppends'>;

export function textsBefore({ histories, pairs, heldAppends }: Deps): TextBefore {
  return async (method, by, { roomName, userName, id }) => {
    if (typeof id !== 'number') return undefined;
    if (method === 'roomMessageAppend' && typeof roomName === 'string') {
      await heldAppends.flush(roomTopic(roomName), id);
      const found = await histories.read(roomName, by.rights, id - 1, 1);
      return typeof found === 'string' ? undefined : textIn(found, id);
    }
    const { author, rights } = by;
    if (method !== 'directMessageAppend' || typeof userName !== 'string' || author === undefined) return undefined;
    await heldAppends.flush(laneOf({ author, peer: userName, rights }), id);
    const page = { fromId: id - 1, fromTime: undefined, forward: true, limit: 1 };
    const found = await pairs.read(author, userName, page);
    return found === 'noPair' ? undefined : textIn(found.messages, id);
  };
}

function textIn(events: readonly TopicEvent[], id: number): string | undefined {
  const event = events.find((one) => one.id === id);
  const value = event && storedMessageIn(event.frame).value;
  const text = isMap(value) ? value['textMessage'] : undefined;
  return typeof text === 'string' ? text : undefined;
}
