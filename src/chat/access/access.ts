/** Who may be in a room: its lists and its mode, and what follows for occupants who lose it by a change of them. */
import { spreadUnits } from '../../protocol/params/cost.ts';
import { fail, failBecause, Failure, unavailable } from '../../protocol/errors/errors.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { invalidName, isValidName } from '../../protocol/names/rule.ts';
import type { EditRefusal, ListEdit } from '../../store/access/access-store.ts';
import type { Changed } from '../../store/access/changed.ts';
import type { PageWish } from '../../store/access/list-page.ts';
import type { Actor } from '../actor.ts';
import type { Caller, HandlersOf } from '../caller.ts';
import type { accessRequests, ListEditOptions } from '../../protocol/access.ts';
import { ok, type Ok } from '../outcome.ts';
import { leftPrefix } from '../../protocol/membership.ts';
import { changeRules } from './rules.ts';
import { badSignature, signatureOf } from './signed-edits.ts';
import { isScanCursor, NO_CURSOR, pageOfList, wholeList } from './lists.ts';
import type { Services } from '../services.ts';

interface Edit {
  readonly roomName: string;
  readonly listName: string;
  readonly userNames: readonly string[];
  readonly options?: ListEditOptions | undefined;
}

const NO_END = 'only who is put on the blacklist is there until a time';

/** How often, and after how long, an opening is tried again while a large room still takes out who was to go. */
const EVICTION_WAIT_MS = 100;
const EVICTION_WAITS_MAX = 20;
/** Then it is asked whom it waits for: most are done by themselves. */
const EVICTION_ASK_AFTER = 2;

export function accessHandlers(services: Services): HandlersOf<typeof accessRequests> {
  const { access, rooms, quotas, settings } = services;
  return {
    async roomAddToList(by, edit, socket) {
      if (edit.listName !== 'blacklist' && hasEnd(edit)) return badEnd(edit);
      const change = changeOf(services, socket, edit, 'block');
      const add = () => access.addToList(edit.roomName, by.rights, change);
      const changed = await changeRules(services, by, edit.roomName, () => quotas.withNames(edit.roomName, add));
      if (changed instanceof Failure) return changed;
      if (changed === 'listLimitExceeded') return fail(changed, [edit.listName]);
      return editOutcome(services, by, edit, change, changed);
    },

    async roomRemoveFromList(by, edit, socket) {
      if (hasEnd(edit)) return badEnd(edit);
      const change = changeOf(services, socket, edit, 'unblock');
      const remove = () => access.removeFromList(edit.roomName, by.rights, change);
      const changed = await changeRules(services, by, edit.roomName, remove);
      return editOutcome(services, by, edit, change, changed);
    },

    async roomGetAccessList(by, { roomName, listName, options }) {
      const isUserlist = listName === 'userlist';
      if (!isUserlist && !isScanCursor(options?.cursor)) {
        return failBecause('badArgument', [2, { ...options }], NO_CURSOR);
      }
      const read = (wish: PageWish): ReturnType<typeof access.readList> =>
        access.readList(roomName, by.rights, listName, wish);
      const namesMax = isUserlist ? settings.limits.userlistPage : Infinity;
      const found =
        options === undefined
          ? await wholeList(read, 'noRoom', by, { settings, namesMax })
          : await pageOfList(read, options, settings);
      if (typeof found === 'string') return fail(found, [found === 'noList' ? listName : roomName]);
      return found instanceof Failure ? found : ok(found);
    },

    async roomSetWhitelistMode(by, { roomName, mode }) {
      const frame = notificationFrame('roomModeChanged', [roomName, mode]);
      const change = { whitelistOnly: mode, frame, leftPrefix: leftPrefix(roomName) };
      const set = () => access.setMode(roomName, by.rights, change);
      let changed = await changeRules(services, by, roomName, set);
      for (let waits = 0; changed === 'evicting' && waits < EVICTION_WAITS_MAX; waits++) {
        await new Promise((resolve) => setTimeout(resolve, EVICTION_WAIT_MS));
        if (waits === EVICTION_ASK_AFTER) await services.stagedEvictionPeers.hasten(roomName);
        changed = await changeRules(services, by, roomName, set);
      }
      if (changed === 'noRoom') return fail('noRoom', [roomName]);
      if (changed === 'notAllowed') return fail('notAllowed');
      // A node does not answer: it comes back, or is swept.
      if (changed === 'evicting') return unavailable();
      return ok(null);
    },

    async roomGetWhitelistMode(by, { roomName }) {
      const info = await rooms.readInfo(roomName, by.rights);
      return typeof info === 'string' ? fail(info, [roomName]) : ok(info.whitelistOnly);
    },
  };
}

const notices = { block: 'roomAccessListAdded', unblock: 'roomAccessListRemoved' } as const;

const hasEnd = ({ options }: Edit): boolean => options?.until !== undefined;

const badEnd = ({ options }: Edit): Failure<'badArgument'> => failBecause('badArgument', [3, { ...options }], NO_END);

function changeOf(
  services: Services,
  socket: Caller | undefined,
  { roomName, listName, userNames, options }: Edit,
  verb: keyof typeof notices,
): ListEdit {
  const until = options?.until;
  const told = [roomName, listName, [...userNames]];
  return {
    listName,
    names: userNames,
    badName: userNames.find((name) => !isValidName(name, services.settings.limits)),
    signed:
      listName === 'blacklist' ? signatureOf(services, socket, { verb, roomName, userNames, options }) : undefined,
    until,
    frame: notificationFrame(notices[verb], until === undefined ? told : [...told, until]),
    leftPrefix: leftPrefix(roomName),
  };
}

function editOutcome(
  services: Services,
  by: Actor,
  { roomName, listName }: Edit,
  { badName = '', frame }: ListEdit,
  changed: Changed | EditRefusal,
): Ok<null> | Failure<EditRefusal> {
  if (changed === 'noRoom') return fail('noRoom', [roomName]);
  if (changed === 'notAllowed') return fail('notAllowed');
  if (changed === 'noList') return fail('noList', [listName]);
  if (changed === 'badSignature') return badSignature();
  if (changed === 'invalidName') return invalidName(badName, services.settings.limits);
  by.spend(spreadUnits(services.audience.hearers(roomName), frame.length));
  return ok(null);
}
