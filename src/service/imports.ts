/**
 * What was said elsewhere comes into rooms and conversations: frames are made like those of posts, one script takes a batch. Of two users
 * both slots are told first that there is a conversation.
 */
import { fail, failBecause, type Failure } from '../protocol/errors/errors.ts';
import type { NameLimits } from '../protocol/names/form.ts';
import { invalidName, isStorableName, isValidName } from '../protocol/names/rule.ts';
import { recalledStoredFrame, storedDirectFrame } from '../protocol/direct.ts';
import { roomResetPrefix } from '../protocol/history.ts';
import { recalledMessageFrame, roomMessageFrame } from '../protocol/message.ts';
import type { Limits } from '../protocol/params/limits.ts';
import type { DirectImport, ImportedMessage, ImportProgress, RoomImport } from '../protocol/service/imports.ts';
import type { serverImportRequests } from '../protocol/service/imports.ts';
import { MESSAGE_ID } from '../protocol/wire/message-frame.ts';
import { mentioningOf, mentionsIn } from '../chat/message/mentions.ts';
import { ok, type Ok } from '../chat/outcome.ts';
import { roomTopic } from '../redis/keys.ts';
import type { Imported, ImportedPost } from '../store/imported/import-store.ts';
import type { ServerHandlers, ServerOutcome, ServerServices } from './contract.ts';

type Parts = Pick<ServerServices, 'services' | 'imports' | 'admin'>;

export const serverImportHandlers = (
  parts: ServerServices,
): Pick<ServerHandlers, keyof typeof serverImportRequests> => ({
  roomImport: ({ roomName, batch }) => importRoom(parts, roomName, batch),
  directImport: ({ userName, peer, batch }) => importDirect(parts, userName, peer, batch),
});

async function importRoom(
  { services, imports }: Parts,
  roomName: string,
  { at, messages, done = false, read }: RoomImport,
): Promise<ServerOutcome<'roomImport'>> {
  const { settings, topics, quotas } = services;
  const { limits } = settings;
  if (!isStorableName(roomName, limits)) return fail('noRoom', [roomName]);
  const disorder = disorderIn(messages, 1);
  if (disorder !== undefined) return disorder;
  const posts: ImportedPost[] = [];
  const mentioned = new Map<string, number>();
  for (const [i, { author, timestamp, message = {}, recalled, ...options }] of messages.entries()) {
    if (author !== undefined && !isValidName(author, limits)) return invalidName(author, limits);
    if (recalled === true) {
      posts.push({ author: '', timestamp, prefix: recalledMessageFrame(roomName, author).prefix });
      continue;
    }
    const mentions = mentionsIn(options, limits);
    const { prefix, bytes } = roomMessageFrame(roomName, author, message, false, mentioningOf(mentions));
    if (bytes > limits.messageBytes) return tooLarge(i, bytes, limits);
    posts.push({ author: '', timestamp, prefix });
    for (const name of mentions?.names ?? []) mentioned.set(name, at + i + 1);
    if (mentions?.all === true) mentioned.set(ALL, at + i + 1);
  }
  const resetPrefix = roomResetPrefix(roomName);
  const imported = await imports.importRoom(roomName, {
    at,
    posts,
    middle: MESSAGE_ID,
    ending: done,
    resetPrefix,
    mentioned,
  });
  if (imported === 'noRoom') return fail(imported, [roomName]);
  if (imported.wish !== undefined) void quotas.grow(roomName, imported.wish);
  let { seq } = imported;
  if (imported.refused === undefined && (done || read !== undefined)) {
    const settled = await imports.settleRoom(roomName, { resetPrefix, reads: new Map(readsIn(read ?? [], limits)) });
    if (settled === 'noRoom') return fail(settled, [roomName]);
    ({ seq } = settled);
  }
  await topics.reached(roomTopic(roomName), seq);
  return progress(imported, 1, limits);
}

/** Who mentions all is noted under a name that nobody has. */
const ALL = ':';

const readsIn = (read: NonNullable<RoomImport['read']>, limits: NameLimits): (readonly [string, number])[] =>
  read.filter(({ userName }) => isValidName(userName, limits)).map(({ userName, id }) => [userName, id]);

async function importDirect(
  parts: Parts,
  userName: string,
  peer: string,
  { at, messages, done = false }: DirectImport,
): Promise<ServerOutcome<'directImport'>> {
  const { services, imports } = parts;
  const { limits, directMessages } = services.settings;
  if (directMessages !== 'stored') return failBecause('notAllowed', [], 'messages from user to user are not stored');
  for (const name of [userName, peer]) if (!isStorableName(name, limits)) return fail('noUser', [name]);
  if (userName === peer) return failBecause('notAllowed', [], 'a conversation is one of two users');
  const disorder = disorderIn(messages, 2);
  if (disorder !== undefined) return disorder;
  const posts: ImportedPost[] = [];
  for (const [i, { author, timestamp, message = {}, recalled, mentions }] of messages.entries()) {
    if (author !== userName && author !== peer) {
      return failBecause('badArgument', [2, null], `message ${i} is by neither of the two`);
    }
    if (recalled === true) {
      posts.push({ author, timestamp, prefix: recalledStoredFrame(author).prefix });
      continue;
    }
    const mentioning = mentioningOf(mentions === undefined ? undefined : mentionsIn({ mentions }, limits));
    const { prefix, bytes } = storedDirectFrame(author, message, mentioning);
    if (bytes > limits.messageBytes) return tooLarge(i, bytes, limits);
    posts.push({ author, timestamp, prefix });
  }
  const stranger = await strangerOf(parts, [userName, peer], posts.at(-1)?.timestamp);
  if (stranger !== undefined) return fail('noUser', [stranger]);
  const batch = { at, posts, middle: MESSAGE_ID, ending: done };
  return progress(await imports.importDirect(userName, peer, batch), 2, limits);
}

/** Whoever of the two does not exist. Where something is about to be written each of them has a conversation with the other one from here on. */
async function strangerOf(
  { imports, admin }: Parts,
  [one, other]: readonly [string, string],
  at: number | undefined,
): Promise<string | undefined> {
  for (const [name, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    const isThere = at === undefined ? await admin.hasUser(name) : (await imports.notePeer(name, peer, at)) === 'ok';
    if (!isThere) return name;
  }
  return undefined;
}

const tooLarge = (i: number, bytes: number, { messageBytes }: Limits): Failure<'messageTooLarge'> =>
  failBecause('messageTooLarge', [], `message ${i} takes ${bytes} bytes where ${messageBytes} are allowed`);

/** The first message that is older than the one before it. */
function disorderIn(messages: readonly ImportedMessage[], index: number): Failure<'badArgument'> | undefined {
  const at = messages.findIndex(({ timestamp }, i) => timestamp < (messages[i - 1]?.timestamp ?? 0));
  if (at < 0) return undefined;
  return failBecause('badArgument', [index, null], `message ${at} is older than the one before it`);
}

type Told = Ok<ImportProgress> | Failure<'badArgument' | 'otherImport' | 'notAllowed'>;

function progress(
  { refused, imported, isOpen, tooOld, oldestId }: Imported,
  index: number,
  { messageBytes }: Limits,
): Told {
  switch (refused) {
    case 'elsewhere':
      return fail('otherImport', [imported]);
    case 'over':
      return failBecause('notAllowed', [], 'the import has ended, or something was said since');
    case 'disordered':
      return failBecause('badArgument', [index, null], 'message 0 is older than the last one that is there');
    case 'future':
      return failBecause('badArgument', [index, null], 'the last message is later than now');
    case undefined:
      return ok({ imported, open: isOpen, tooOld, oldestMessageId: oldestId, messageBytes });
  }
}
