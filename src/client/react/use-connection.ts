/** The life of the connection, for components. */
import { connectionOf, noConnection, type Connection } from './connection.ts';
import { useClient } from './provider.ts';
import { useSnapshot } from './snapshot.ts';

/** How the connection stands. The component renders again when that changes, and for nothing else. */
export function useConnection(): Connection {
  return useSnapshot(connectionOf(useClient()), noConnection);
}
