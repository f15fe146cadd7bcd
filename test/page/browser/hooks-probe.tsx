// Components that count how often they render, each by one hook, around a scripted client. A test mounts them in a browser by
// name and asks for the counts and for what they got.
import { memo, StrictMode, useLayoutEffect, useState, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import {
  ParleyProvider,
  useClient,
  useConnection,
  useContacts,
  useConversations,
  useDirect,
  useMembers,
  useMessage,
  useMessages,
  useRoom,
  useRoomAttributes,
  useTyping,
  useUnread,
  useUsers,
  useUserState,
  type MessagesState,
  type MessageView,
  type UseRoomOptions,
} from '../../../src/client/react/index.ts';
import type { Client, Direct, Message, Room } from '../../../src/client/index.ts';
import { ScriptedClient, ScriptedMessage, ScriptedUser } from './scripted-client.ts';

const client = new ScriptedClient();
/** Renders by name of the component. */
const renders: Record<string, number> = {};
/** What each got last. */
const got: Record<string, unknown> = {};
const roots = new Map<string, Root>();
/** Pairs of what two components showed in one commit. */
const commits: [number, number][] = [];

function count(name: string, value: unknown): null {
  renders[name] = (renders[name] ?? 0) + 1;
  got[name] = value;
  return null;
}

const room = client.room('lobby');
const direct = client.direct('bob');
// They have what the hooks look at, and nothing else of the classes.
const asClient = client as unknown as Client;
const [asRoom, asDirect] = [room as unknown as Room, direct as unknown as Direct];
const one = new ScriptedMessage({ textMessage: 'one' }, { id: 100 });

const Row = memo(function Row({ view }: { readonly view: MessageView }) {
  return count(`row ${String(view.content['textMessage'])}`, view.status);
});

function List({ limit }: { readonly limit: number }) {
  const state = useMessages(asRoom, { limit });
  count('messages', state);
  return state.messages.map((view) => <Row key={view.key} view={view} />);
}

function Half({ side }: { readonly side: 'left' | 'right' }) {
  const shown = useMessages(asRoom, { limit: 100 }).messages.length;
  useLayoutEffect(() => {
    const last = commits.at(-1);
    if (side === 'left') commits.push([shown, -1]);
    else if (last !== undefined) last[1] = shown;
  });
  return null;
}

const Held = ({ options }: { readonly options: UseRoomOptions }) => count('room', useRoom('lobby', options));

/** How the components are asked for other options. */
const become: { limit: (limit: number) => void; options: (options: UseRoomOptions) => void } = {
  limit: () => undefined,
  options: () => undefined,
};

function Sized({ begin }: { readonly begin: number }) {
  const [limit, setLimit] = useState(begin);
  become.limit = setLimit;
  return <List limit={limit} />;
}

function Choosing() {
  const [options, setOptions] = useState<UseRoomOptions>({ group: 'work' });
  become.options = setOptions;
  return <Held options={options} />;
}

const probes = {
  client: () => count('client', useClient()),
  connection: () => count('connection', useConnection()),
  contacts: () => count('contacts', useContacts()),
  direct: () => count('direct', useDirect('bob')),
  directMessages: () => count('directMessages', useMessages(asDirect)),
  room: () => <Held options={{}} />,
  choosing: () => <Choosing />,
  staying: () => <Held options={{ stay: true }} />,
  users: () => count('users', useUsers(asRoom)),
  messages: () => <List limit={100} />,
  sized: () => <Sized begin={20} />,
  few: () => <List limit={10} />,
  one: () => count('one', useMessage(one as unknown as Message)),
  typing: () => count('typing', useTyping(asRoom)),
  unread: () => count('unread', useUnread(asRoom)),
  allUnread: () => count('allUnread', useUnread()),
  conversations: () => count('conversations', useConversations({ kind: 'normal' })),
  otherConversations: () => count('otherConversations', useConversations({ attributes: { state: 'open' } })),
  members: () => count('members', useMembers(asRoom)),
  attributes: () => count('attributes', useRoomAttributes(asRoom)),
  state: () => count('state', useUserState('bob')),
  halves: () => [<Half key="left" side="left" />, <Half key="right" side="right" />],
} satisfies Record<string, () => ReactNode>;

/** Until React, and promises, have done what is due. Not by frames: a page that is not in front may draw none for minutes. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 2; turn++) {
    await new Promise((resolve) => requestIdleCallback(resolve, { timeout: 2000 }));
  }
};

const probe = {
  client,
  room,
  direct,
  one,
  renders,
  got,
  become,
  commits,
  ScriptedMessage,
  ScriptedUser,
  settled,
  /** The probe of that name, under a key of its own. */
  mount: async (name: keyof typeof probes, key: string = name, strict = false): Promise<void> => {
    const Probe = probes[name];
    const root = createRoot(document.body.appendChild(document.createElement('div')));
    roots.set(key, root);
    const tree = (
      <ParleyProvider client={asClient}>
        <Probe />
      </ParleyProvider>
    );
    root.render(strict ? <StrictMode>{tree}</StrictMode> : tree);
    await settled();
  },
  unmount: async (key: string): Promise<void> => {
    roots.get(key)?.unmount();
    await settled();
  },
  /** Forgets the counts so far, does something, and gives the counts since. */
  during: async (act: () => unknown): Promise<Record<string, number>> => {
    for (const name of Object.keys(renders)) delete renders[name];
    await act();
    await settled();
    return { ...renders };
  },
  texts: (): unknown[] => (got['messages'] as MessagesState).messages.map(({ content }) => content['textMessage']),
  list: (): MessagesState => got['messages'] as MessagesState,
};
export type Probe = typeof probe;
Object.assign(globalThis, { probe });
