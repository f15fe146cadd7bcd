/** Who is in a room, in a sentence. */
import type { Client } from '../client/index.ts';
import { namesOf } from './comings.ts';

const shownMax = 50;

export async function whoWords(client: Client, roomName: string): Promise<string> {
  const { names, count } = await client.request('roomUserlistGet', { roomName, options: { limit: shownMax } });
  const shown =
    names.length < count ? `${names.join(', ')} and ${count - names.length} others` : namesOf(names, shownMax);
  return `In ${roomName}: ${shown}.`;
}
