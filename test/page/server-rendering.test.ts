// The React hooks on a server: nothing is joined or read there, and what is rendered is what a browser begins with.
import { createElement, type ReactElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from '@jest/globals';
import {
  ParleyProvider,
  useClient,
  useConnection,
  useContacts,
  useConversations,
  useDirect,
  useMembers,
  useMessages,
  useRoom,
  useRoomAttributes,
  useTyping,
  useUnread,
  useUsers,
  useUserState,
} from '../../src/client/react/index.ts';
import type { Client } from '../../src/client/index.ts';
import { ScriptedClient } from './browser/scripted-client.ts';

test('each hook renders what is there before anything is known', () => {
  const client = new ScriptedClient();
  // It has what the hooks look at, and nothing else of the class.
  const given = client as unknown as Client;
  client.room('lobby').unread = 4;
  function All(): ReactElement {
    const { room, isJoined } = useRoom('lobby', { create: true });
    const shown = {
      isSame: useClient() === given,
      state: useConnection().state,
      isJoined,
      users: useUsers(room).length,
      messages: useMessages(room).messages.length,
      isLoading: useMessages(room).isLoading,
      typists: useTyping(room).typists.length,
      unread: useUnread(room).unread,
      all: useUnread().unread,
      contacts: useContacts().contacts.length,
      other: useDirect('bob').user.userName,
      rooms: useConversations().list.length,
      members: useMembers(room).members.length,
      more: Object.keys({ ...useRoomAttributes(room), ...useUserState('bob') }).length,
    };
    return createElement('p', null, Object.values(shown).join(' '));
  }
  const html = renderToString(createElement(ParleyProvider, { client: given }, createElement(All)));
  expect(html).toBe('<p>true idle false 0 0 true 0 0 0 0 bob 0 0 0</p>');
  expect([client.conversations.loads, client.room('lobby').members.loads]).toEqual([[], 0]);
  expect([client.room('lobby').joins, client.contacts.loads, client.room('lobby').asked]).toEqual([0, 0, []]);
});

test('a hook without a provider says what is missing', () => {
  const Lost = (): ReactElement => createElement('p', null, useClient().userName);
  expect(() => renderToString(createElement(Lost))).toThrow('ParleyProvider');
});
