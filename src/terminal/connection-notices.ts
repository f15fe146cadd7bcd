/** Tells of the connection: that it is lost, when it is tried again, that it is back, and why it has ended for good. */
import type { Client } from '../client/index.ts';
import type { Screen } from './screen.ts';
import { inTime, wordsFor, wordsForClose } from './words.ts';

/** `ended` is called when the client will not come back by itself. What it gives ends the telling. */
export function tellOfConnection(client: Client, screen: Screen, byHand: boolean, ended: () => void): () => void {
  let telling = true;
  const tell = (text: string, tone?: 'plain' | 'bad'): void => {
    if (telling) screen.notice(text, tone);
  };
  client.on('disconnect', (loss) => tell(`Connection lost: ${wordsForClose(loss)}.`, 'bad'));
  client.on('schedule', (attempt, delayMs) => {
    const hint = byHand ? ' /retry tries at once.' : '';
    if (delayMs > 0) tell(`Trying ${attempt > 0 ? 'once more' : 'again'} ${inTime(delayMs)}.${hint}`);
  });
  client.on('reconnect', () => tell('Connected again.'));
  client.on('offline', () => tell('Offline.'));
  client.on('online', () => tell('Online again.'));
  client.on('conflict', () => tell('Another device of yours has taken over.', 'bad'));
  client.on('error', (error) => tell(wordsFor(error), 'bad'));
  client.on('close', (end) => {
    tell(`The connection has ended: ${wordsForClose(end)}.`, 'bad');
    ended();
  });
  return () => {
    telling = false;
  };
}
