/** What is unread: of one room or conversation, or of all together. */
import { useClient } from './provider.ts';
import { listenTo, perObject, Snapshots, useSnapshot } from './snapshot.ts';
import type { ClientSource, Talk, TalkSource } from './sources.ts';

export interface Unread {
  readonly unread: number;
  /** Somebody has named the user. */
  readonly mentioned: boolean;
}

const isMentioned = (talk: TalkSource): boolean => 'mentioned' in talk && talk.mentioned === true;

/** Kept by client, for it is the client that tells of all of them. */
const unreadOf = perObject((client: ClientSource) =>
  perObject((talk: TalkSource | ClientSource) => {
    const talks = (): TalkSource[] =>
      talk === client ? [...client.rooms.values(), ...client.directs.values()] : [talk as TalkSource];
    return new Snapshots<Unread>(
      () => ({
        unread: talks().reduce((sum, { unread }) => sum + unread, 0),
        mentioned: talks().some(isMentioned),
      }),
      (changed) => {
        const heard = (about: unknown): void => {
          if (talk === client || about === talk) changed();
        };
        client.on('unread', heard);
        const stop = listenTo(client, ['connect', 'reconnect'], changed);
        return () => {
          client.off('unread', heard);
          stop();
        };
      },
    );
  }),
);

const NONE: Unread = { unread: 0, mentioned: false };

/** Of the room or conversation given; of all that the client knows where none is. */
export function useUnread(talk?: Talk): Unread {
  const client = useClient();
  return useSnapshot(unreadOf(client)(talk ?? client), NONE);
}
