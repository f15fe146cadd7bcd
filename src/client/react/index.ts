/** React hooks for the client library; everything else in this folder is its own business. */
export type { Connection } from './connection.ts';
export { useContacts, type ContactsState } from './contacts.ts';
export { useConversations, type ConversationsState } from './conversations.ts';
export { useDirect, type DirectState } from './direct.ts';
export { useMembers, useRoomAttributes, type MembersState } from './members.ts';
export { useMessages, type MessagesState, type UseMessagesOptions } from './message/messages.ts';
export { useMessage, type MessageView, type Reaction } from './message/message-view.ts';
export { ParleyProvider, useClient, type ParleyProviderProps } from './provider.ts';
export { useRoom, type RoomState, type UseRoomOptions } from './room.ts';
export type { Talk } from './sources.ts';
export { useTyping, type Typing } from './typing.ts';
export { useUnread, type Unread } from './unread.ts';
export { useUsers } from './users.ts';
export { useUserState } from './user-state.ts';
export type { UserView } from './user-view.ts';
export { useConnection } from './use-connection.ts';
