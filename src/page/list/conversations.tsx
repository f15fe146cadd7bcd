/** The rooms that the user belongs to, those where something was said last first. */
import { memo, useCallback, useState } from 'react';
import { useConversations } from '../../client/react/index.ts';
import type { Room, RoomEntry } from '../../client/index.ts';
import { errorWords, firstLineOf, titleIn } from '../format.ts';
import { Bubble, Clock } from '../parts/icons.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { hashOf, isAt, type Place } from '../places.ts';
import { useSomeMembers } from '../room/some-members.ts';
import { ListItem, Section } from './list-item.tsx';
import { NewConversation } from './new-conversation.tsx';

/** Of a conversation without a title, so many of its people are named. */
const NAMED_MAX = 3;

export function Conversations({ place, own }: { readonly place: Place; readonly own: string }) {
  const { list, hasMore, isLoading, error, loadMore } = useConversations();
  const [isMaking, setIsMaking] = useState(false);
  const done = useCallback(() => setIsMaking(false), []);
  return (
    <Section title="Conversations" add="New conversation" isAdding={isMaking} setIsAdding={setIsMaking}>
      {isMaking ? <NewConversation close={done} /> : undefined}
      <ul className="list">
        {list.map((entry) => (
          <ConversationItem
            key={entry.room.name}
            entry={entry}
            isHere={isAt(place, 'room', entry.room.name)}
            own={own}
          />
        ))}
      </ul>
      {error === undefined ? undefined : <p className="hint">{errorWords(error)}</p>}
      {hasMore ? (
        <MoreButton words="Show older ones" className="suggestion" isBusy={isLoading} more={loadMore} />
      ) : undefined}
      {list.length === 0 && error === undefined ? (
        <p className="hint">{isLoading ? 'Loading …' : 'None yet. Start one with + and the names of people.'}</p>
      ) : undefined}
    </Section>
  );
}

interface ConversationItemProps {
  readonly entry: RoomEntry;
  readonly isHere: boolean;
  /** Name of who looks at it. */
  readonly own: string;
}

const ConversationItem = memo(function ConversationItem({ entry, isHere, own }: ConversationItemProps) {
  const { room, attributes, lastMessage, unread, mentioned, muted, kind } = entry;
  const title = titleIn(attributes);
  const item = {
    href: hashOf({ kind: 'room', name: room.name }),
    isHere,
    lead: <Lead kind={kind} />,
    line: lastMessage === undefined ? undefined : <span className="item-line">{lineOf(lastMessage)}</span>,
    unread: { unread, mentioned },
    isMuted: muted,
  };
  return title === undefined ? <Untitled room={room} own={own} item={item} /> : <ListItem name={title} {...item} />;
});

/** It is called by who belongs to it. */
function Untitled({
  room,
  own,
  item,
}: {
  readonly room: Room;
  readonly own: string;
  readonly item: Omit<ItemProps, 'name'>;
}) {
  const { members, count = 0 } = useSomeMembers(room, NAMED_MAX + 1);
  const others = members.flatMap(({ userName }) => (userName === own ? [] : [userName])).slice(0, NAMED_MAX);
  const rest = count - 1 - others.length;
  const name = others.length === 0 ? room.name : `${others.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return <ListItem name={name} {...item} />;
}

type ItemProps = Parameters<typeof ListItem>[0];

const Lead = ({ kind }: { readonly kind: RoomEntry['kind'] }) => (
  <span className="hash" aria-hidden="true">
    {kind === 'temporary' ? <Clock /> : <Bubble />}
  </span>
);

function lineOf(message: NonNullable<RoomEntry['lastMessage']>): string {
  const { author, isOwn } = message;
  return `${isOwn ? 'You' : (author ?? 'The service')}: ${firstLineOf(message)}`;
}
