/** The scripts of members: who belongs to a room, on the room's slot, and what users know of it, on theirs. The Lua files say why. */
import { nothing, position } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { INBOX } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

export const forgetDue = script('forget-due', {
  keys: ['membersDue'],
  rest: true,
  whenFull: true,
  gives: nothing,
});

export const tellMember = script('tell-member', {
  keys: [...INBOX, 'belongs', 'belonged'],
  args: ['roomName', 'anonymous', 'maxAgeMs'],
  rest: true,
  writes: true,
  whenFull: true,
  refuses: ['gone'],
  gives: position,
});

export const forgetBelongs = script('forget-belongs', {
  keys: ['belongs'],
  rest: true,
  whenFull: true,
  gives: nothing,
});
