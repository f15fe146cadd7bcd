/** Lets the bot of the examples answer in a room from this tab, for who wants to see how text comes while it is being written. */
import { useState, type ReactNode } from 'react';
import { answerIn, greet } from '../../../config/examples/bot/answers.mjs';
import { createClient, type Client, type Room } from '../../client/index.ts';
import { useClient } from '../../client/react/index.ts';
import { errorWords } from '../format.ts';

const NAME = 'bot';

/** One for all rooms of a login; it goes with it. */
const bots = new WeakMap<Client, Promise<Client>>();

function botOf(owner: Client): Promise<Client> {
  const known = bots.get(owner);
  if (known !== undefined) return known;
  const client = createClient({ urls: owner.url ?? '', credentials: { userName: NAME } });
  const connecting = client.connect().then(() => client);
  bots.set(owner, connecting);
  const end = (): void => {
    bots.delete(owner);
    void client.close();
  };
  connecting.catch(end);
  owner.once('close', end);
  return connecting;
}

async function call(owner: Client, room: Room): Promise<string | undefined> {
  if (room.users.has(NAME)) return `${NAME} is here already: say “@${NAME} hello”.`;
  const client = await botOf(owner);
  const place = await client.room(room.name).join();
  answerIn(place, { name: NAME });
  await greet(place, { name: NAME });
  return undefined;
}

/** `/bot` calls it; where nothing has been said yet, so does a button. */
export function useBot(room: Room) {
  const owner = useClient();
  const [words, setWords] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const come = (): void => {
    setIsBusy(true);
    call(owner, room)
      .then(setWords, (error: unknown) => setWords(`${NAME} cannot come: ${errorWords(error)}`))
      .finally(() => setIsBusy(false));
  };
  const command = (text: string): boolean => {
    if (text !== '/bot') return false;
    if (!isBusy) come();
    return true;
  };
  const invitation: ReactNode = (
    <p className="invitation">
      <button type="button" className="quiet" aria-disabled={isBusy} onClick={() => (isBusy ? undefined : come())}>
        Let a bot answer here
      </button>
    </p>
  );
  return { command, words, invitation };
}
