/** The scripts of what one user wrote, in each room and conversation. The Lua files say why. */
import { events, number, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { ROOM_LISTS } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

const HISTORY = ['meta', 'history'] as const;
const PAGE = ['after', 'lookMax', 'bytesMax', 'limit'] as const;

export const readAuthored = script('read-authored', {
  keys: [...HISTORY, 'occupants', ...ROOM_LISTS],
  args: ['user', 'mark', 'middle', ...PAGE],
  refuses: ['noRoom'],
  gives: {
    isOwner: yes,
    isOccupant: yes,
    adminlist: yes,
    whitelist: yes,
    blacklist: yes,
    next: number,
    messages: events,
  },
});

export const readAuthoredDirect = script('read-authored-direct', {
  keys: HISTORY,
  args: ['user', ...PAGE],
  refuses: ['noPair'],
  gives: { next: number, messages: events },
});
