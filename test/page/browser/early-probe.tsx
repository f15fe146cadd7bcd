// Components that are there before there is a connection, around the library itself.
import { createRoot } from 'react-dom/client';
import { createClient, type Client } from '../../../src/client/index.ts';
import {
  ParleyProvider,
  useContacts,
  useMessages,
  type ContactsState,
  type MessagesState,
} from '../../../src/client/react/index.ts';

interface Seen {
  contacts?: ContactsState;
  messages?: MessagesState;
}
const seen: Seen = {};

function All({ client }: { readonly client: Client }) {
  seen.contacts = useContacts();
  seen.messages = useMessages(client.direct('bob'));
  return null;
}

const early = {
  createClient,
  mount: (client: Client): void => {
    createRoot(document.body).render(
      <ParleyProvider client={client}>
        <All client={client} />
      </ParleyProvider>,
    );
  },
  look: () => ({
    errors: [seen.contacts?.error?.code, seen.messages?.error?.code],
    contacts: seen.contacts?.contacts.map(({ userName, status, profile }) => [userName, status, profile['city']]),
    texts: seen.messages?.messages.map(({ content }) => content['textMessage']),
  }),
};
export type Early = typeof early;
Object.assign(globalThis, { early });
