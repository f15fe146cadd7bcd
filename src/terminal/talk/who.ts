/** Who is in a conversation, in a sentence. */
import type { Client } from '../../client/index.ts';
import { placeOf, type Where } from '../belonging/places.ts';
import { namesOf } from '../comings.ts';

const shownMax = 50;

export async function whoWords(client: Client, where: Where): Promise<string> {
  const { isRoom, name: roomName } = where;
  if (!isRoom) return `You and ${roomName}.`;
  const { names, count } = await client.request('roomUserlistGet', { roomName, options: { limit: shownMax } });
  const shown =
    names.length < count ? `${names.join(', ')} and ${count - names.length} others` : namesOf(names, shownMax);
  return `In ${placeOf(client, where)}: ${shown}.`;
}
