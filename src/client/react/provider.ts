/** Which client the hooks of a tree are about. Connecting and closing it is left to who made it. */
import { createContext, createElement, useContext, type ReactElement, type ReactNode } from 'react';
import type { Client } from '../client.ts';
import { connectionOf } from './connection.ts';

const ClientContext = createContext<Client | undefined>(undefined);

export interface ParleyProviderProps {
  readonly client: Client;
  readonly children?: ReactNode;
}

export function ParleyProvider({ client, children }: ParleyProviderProps): ReactElement {
  connectionOf(client);
  // Before React 19 a context was no component itself.
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest `ParleyProvider`. Throws where there is none. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error('useClient needs a <ParleyProvider client={…}> around the component.');
  return client;
}
