/** Tells of what becomes of rooms that people belong to: who is added, silenced, made an admin, and what a room is called. */
import type { Client, NotificationName, NotificationParams, Value, ValueMap } from '../../client/index.ts';
import { namesOf } from '../comings.ts';
import { clockOf, dateAndTimeOf, dayOf } from '../layout.ts';
import { span } from '../words.ts';

export interface Telling {
  readonly client: Client;
  readonly tell: (sentence: string, tone?: 'plain' | 'bad') => void;
  /** What people call a room. */
  readonly nameOf: (roomName: string) => string;
}

/** Of one change of attributes, so many are told one by one. */
const attributesMax = 5;

type Sentences = {
  readonly [N in NotificationName]?: (...params: NotificationParams<N>) => string | undefined;
};

export function tellOfChanges({ client, tell, nameOf }: Telling): void {
  const isOwn = (userName: string): boolean => userName === client.userName;
  /** `you`, where it is. */
  const who = (userName: string | null): string =>
    userName === null ? 'the service' : isOwn(userName) ? 'you' : userName;
  const whom = (userNames: readonly string[]): string => namesOf(userNames.map(who));
  /** What happens to oneself is told by notices of its own. */
  const others = (userNames: readonly string[]): string[] => userNames.filter((userName) => !isOwn(userName));
  const isSelf = (userNames: readonly string[], by: string | null): boolean =>
    userNames.length === 1 && userNames[0] === by;

  const sentences: Sentences = {
    roomInvited: ({ roomName, by, attributes }) => {
      if (by !== null && isOwn(by)) return undefined;
      const { title } = attributes;
      const called = typeof title === 'string' && title !== '' ? `"${title}" (${roomName})` : roomName;
      return `${who(by)} added you to ${called}: /join ${roomName} goes there.`;
    },
    roomKicked: ({ roomName, by }) =>
      by !== null && isOwn(by) ? undefined : `${who(by)} removed you from ${nameOf(roomName)}.`,
    roomMembersAdded: (roomName, userNames, by) => {
      if (isSelf(userNames, by))
        return `${nameOf(roomName)}: ${who(by)} ${isOwn(by ?? '') ? 'belong' : 'belongs'} to it now.`;
      const told = others(userNames);
      return told.length === 0 ? undefined : `${nameOf(roomName)}: ${who(by)} added ${namesOf(told)}.`;
    },
    roomMembersRemoved: (roomName, userNames, by) => {
      if (isSelf(userNames, by)) return `${nameOf(roomName)}: ${who(by)} left it for good.`;
      const told = others(userNames);
      return told.length === 0 ? undefined : `${nameOf(roomName)}: ${who(by)} removed ${namesOf(told)}.`;
    },
    roomRoleChanged: (roomName, userName, role, by) =>
      `${nameOf(roomName)}: ${who(by)} made ${who(userName)} ${role === 'admin' ? 'an admin' : `a ${role} again`}.`,
    roomSilenced: (roomName, userNames, until, by) =>
      `${nameOf(roomName)}: ${who(by)} silenced ${whom(userNames)} ${until === null ? 'for good' : `until ${timeWords(until)}`}.`,
    roomUnsilenced: (roomName, userNames, by) =>
      `${nameOf(roomName)}: ${who(by)} ${by !== null && isOwn(by) ? 'let' : 'lets'} ${whom(userNames)} write again.`,
    roomSlowModeChanged: (roomName, ms, by) =>
      ms === 0
        ? `${nameOf(roomName)}: ${who(by)} ended slow mode.`
        : `${nameOf(roomName)}: ${who(by)} set slow mode: ${span(ms)} from one message of somebody to the next.`,
    roomAttributesChanged: (roomName, changes, _, by) => `${nameOf(roomName)}: ${who(by)} ${changeWords(changes)}.`,
    roomMuteEcho: (roomName, isMuted) =>
      `${nameOf(roomName)}: ${isMuted ? 'no push any more' : 'push again'}, as another device of yours wants it.`,
    userStateChanged: (userName, changes) => {
      if (isOwn(userName) || !Object.hasOwn(changes, 'status')) return undefined;
      const { status } = changes;
      return status === null ? `${userName} has no status any more.` : `${userName} is: ${valueWords(status)}`;
    },
  };
  for (const [name, sentenceOf] of Object.entries(sentences)) {
    // Each has the params of the notification that it is named by.
    const heard = (...params: readonly unknown[]): void => {
      const sentence = (sentenceOf as (...params: readonly unknown[]) => string | undefined)(...params);
      if (sentence !== undefined) tell(sentence);
    };
    client.on(name as NotificationName, heard);
  }
}

/** `13:05`, with the day where it is another one. */
export function timeWords(timestamp: number): string {
  return dayOf(timestamp) === dayOf(undefined) ? clockOf(timestamp) : dateAndTimeOf(timestamp).slice(0, -3);
}

function changeWords(changes: ValueMap): string {
  const all = Object.entries(changes).map(([path, value]) =>
    value === null ? `took ${path} away` : `set ${path} to ${valueWords(value)}`,
  );
  const rest = all.length - attributesMax;
  return rest > 1 ? `${all.slice(0, attributesMax).join(', ')}, and ${rest} others` : all.join(', ');
}

export const valueWords = (value: Value | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
