/** Who may post in a room, and how often. Posts are judged by it in their own step (store/message/post-messages.lua). */
import type { conductRequests } from '../../protocol/conduct.ts';
import { fail, failBecause, Failure } from '../../protocol/errors/errors.ts';
import { invalidName, isValidName } from '../../protocol/names/rule.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { roomTopic } from '../../redis/keys.ts';
import type { SilenceEdit, SilenceRefusal } from '../../store/conduct/conduct-store.ts';
import { isScanCursor, NO_CURSOR, pageLimit } from '../access/lists.ts';
import { askerOf } from '../asker.ts';
import type { Caller, HandlersOf } from '../caller.ts';
import { ok, type Ok } from '../outcome.ts';
import type { Services } from '../services.ts';

/** What has the limit of lists, where it is met. */
const LIST = 'silenced';
/** The last time that can be said as a date: what ends later ends never. */
const LAST_DATE_MS = 8_640_000_000_000_000;
/** What a reply holds of a silenced user besides the name, at most. */
const ENTRY_BYTES = 48;

export function conductHandlers(services: Services): HandlersOf<typeof conductRequests> {
  const { conducts, quotas, settings } = services;
  return {
    async roomSilence(by, { roomName, userNames, options }, socket) {
      const until = (options?.until ?? Infinity) > LAST_DATE_MS ? undefined : options?.until;
      const params = [roomName, [...userNames], until ?? null, by.author ?? null];
      const edit = editOf(services, userNames, notificationFrame('roomSilenced', params));
      const silence = (): ReturnType<typeof conducts.silence> => conducts.silence(roomName, by.rights, edit, until);
      const done = await quotas.withNames(roomName, silence);
      if (done instanceof Failure) return done;
      if (done === 'listLimitExceeded') return fail(done, [LIST]);
      if (done === 'ofOwner') return failBecause('notAllowed', [], 'the owner cannot be silenced');
      if (typeof done === 'string') return refusal(services, done, roomName, userNames);
      if (done.wish !== undefined) void quotas.grow(roomName, done.wish);
      return userNames.length === 0 ? ok(null) : answered(services, socket, roomName, done.seq, edit.frame);
    },

    async roomUnsilence(by, { roomName, userNames }, socket) {
      const frame = notificationFrame('roomUnsilenced', [roomName, [...userNames], by.author ?? null]);
      const done = await conducts.unsilence(roomName, by.rights, editOf(services, userNames, frame));
      if (typeof done === 'string') return refusal(services, done, roomName, userNames);
      return done.seq === undefined ? ok(null) : answered(services, socket, roomName, done.seq, frame);
    },

    async roomSilencedGet(by, { roomName, options = {} }) {
      if (!isScanCursor(options.cursor)) return failBecause('badArgument', [1, { ...options }], NO_CURSOR);
      const wish = { cursor: options.cursor ?? '', limit: pageLimit(options, settings, ENTRY_BYTES) };
      const page = await conducts.readSilenced(roomName, by.rights, wish);
      if (typeof page === 'string') return fail(page, [roomName]);
      const silenced = page.silenced.map(({ userName, until }) => ({ userName, until: until ?? null }));
      return ok({ silenced, cursor: page.next ?? null });
    },

    async roomSlowModeSet(by, { roomName, ms }, socket) {
      const frame = notificationFrame('roomSlowModeChanged', [roomName, ms, by.author ?? null]);
      const seq = await conducts.setSlowMode(roomName, by.rights, ms, frame);
      if (seq === 'noRoom') return fail(seq, [roomName]);
      if (seq === 'notAllowed') return failBecause(seq, [], 'the owner and admins do that');
      return answered(services, socket, roomName, seq, frame);
    },
  };
}

const editOf = ({ settings }: Services, names: readonly string[], frame: Uint8Array): SilenceEdit => ({
  names,
  badName: names.some((name) => !isValidName(name, settings.limits)),
  frame,
});

function refusal(
  { settings: { limits } }: Services,
  word: Exclude<SilenceRefusal, 'ofOwner' | 'listLimitExceeded'>,
  roomName: string,
  userNames: readonly string[],
): Failure<'noRoom' | 'notAllowed' | 'invalidName'> {
  if (word === 'noRoom') return fail(word, [roomName]);
  if (word === 'invalidName') return invalidName(userNames.find((name) => !isValidName(name, limits)) ?? '', limits);
  return failBecause(word, [], 'the owner and admins do that, and of admins the owner');
}

/** Who is in the room was told by the step, and before the answer; the socket that asks and is not there is told here. */
async function answered(
  { topics }: Services,
  socket: Caller | undefined,
  roomName: string,
  seq: number,
  frame: Uint8Array,
): Promise<Ok<null>> {
  await topics.reached(roomTopic(roomName), seq);
  return ok(null, askerOf(roomName, socket)(frame));
}
