/** The life of a client's connection, with what a user may do about it. */
import { perObject, Snapshots } from './snapshot.ts';
import type { ClientSource, Failure } from './sources.ts';

export interface Connection {
  readonly state: string;
  readonly userName: string | undefined;
  /** The address that the client is on, or was on last. */
  readonly url: string | undefined;
  /** Of the attempt that is due or under way, from 0; undefined while there is none. */
  readonly attempt: number | undefined;
  /** When it is due, by this device's clock (ms since the epoch); undefined once it is under way. */
  readonly retryAt: number | undefined;
  /** Why the last connection ended, or why there will be no other. */
  readonly reason: string | undefined;
  readonly code: number | undefined;
  readonly connect: (options?: { readonly persistent?: boolean }) => Promise<unknown>;
  readonly close: () => Promise<unknown>;
  /** In the wrong state these two do nothing. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Tries at once. Nothing happens where no attempt is waited for. */
  readonly retry: () => void;
}

type Waiting = Pick<Connection, 'attempt' | 'retryAt' | 'reason' | 'code'>;

const CALM: Waiting = { attempt: undefined, retryAt: undefined, reason: undefined, code: undefined };

const actions = (client: ClientSource): Pick<Connection, 'connect' | 'close' | 'pause' | 'resume' | 'retry'> => ({
  connect: (options) => client.connect(options),
  close: () => client.close(),
  pause: () => void client.pause(),
  resume: () => void client.resume(),
  retry: () => {
    // The button may be pressed in the very moment in which the attempt begins.
    try {
      client.retry();
    } catch {
      return;
    }
  },
});

/**
 * The only store that listens from the first look on, which is the provider's: what `schedule` said cannot be asked for later. Its
 * listeners go with the client.
 */
export const connectionOf = perObject((client: ClientSource) => {
  let waiting = CALM;
  const own = actions(client);
  const read = (): Connection => ({
    state: client.state,
    userName: client.userName,
    url: client.url,
    ...waiting,
    ...own,
  });
  const snapshots = new Snapshots<Connection>(read, () => () => undefined);
  // That it begins to connect, and that the first attempt fails, no event says.
  client.onMove?.(() => snapshots.changed());
  const hear = (event: string, become: (...args: never[]) => Waiting): void => {
    client.on(event, (...args: never[]) => {
      waiting = become(...args);
      snapshots.changed();
    });
  };
  const ended = (end: { readonly code?: number; readonly reason?: string } & Partial<Failure>): Waiting => ({
    ...CALM,
    code: end.code as number | undefined,
    reason: end.reason,
  });
  hear('connect', () => CALM);
  hear('reconnect', () => CALM);
  hear('disconnect', ended);
  hear('close', ended);
  hear('offline', () => ({ ...waiting, attempt: undefined, retryAt: undefined }));
  hear('online', () => waiting);
  hear('conflict', (conflict: { readonly reason?: string }) => ({ ...CALM, reason: conflict.reason }));
  hear('schedule', (attempt: number, delayMs: number) => ({ ...waiting, attempt, retryAt: Date.now() + delayMs }));
  hear('retry', (attempt: number) => ({ ...waiting, attempt, retryAt: undefined }));
  return snapshots;
});

const nothing = (): void => undefined;
export const noConnection: Connection = {
  state: 'idle',
  userName: undefined,
  url: undefined,
  ...CALM,
  connect: () => Promise.reject(new Error('There is no connection on a server.')),
  close: () => Promise.resolve(),
  pause: nothing,
  resume: nothing,
  retry: nothing,
};
