// All suites of the stores, for each kind of Redis that they have to work on.
import { describe } from '@jest/globals';
import { accessSuite } from './access-suite.ts';
import { ageSuite } from './age-suite.ts';
import { authoredSuite } from './authored-suite.ts';
import { bansSuite } from './bans-suite.ts';
import { bytesSuite } from './bytes-suite.ts';
import { eraseAgeSuite } from './erase-age-suite.ts';
import { eraseDirectSuite } from './erase-direct-suite.ts';
import { eraseSuite } from './erase-suite.ts';
import { evictionSuite } from './eviction-suite.ts';
import { conductSuite } from './conduct-suite.ts';
import { contactSuite } from './contact-suite.ts';
import { directSuite } from './direct-suite.ts';
import { adminSuite } from './admin-suite.ts';
import { largeRoomSuite } from './large-room-suite.ts';
import { inboxSuite } from './inbox-suite.ts';
import { logSuite } from './log-suite.ts';
import { belongsSuite } from './belongs-suite.ts';
import { memberSuite } from './member-suite.ts';
import { messageSuite } from './message-suite.ts';
import { nodeSuite } from './node-suite.ts';
import { pairSuite } from './pair-suite.ts';
import { sendStepsSuite } from './send-steps-suite.ts';
import { presenceSuite } from './presence-suite.ts';
import { quotaSuite } from './quota-suite.ts';
import { recipientsSuite } from './recipients-suite.ts';
import { rightsSuite } from './rights-suite.ts';
import { roomSuite } from './room-suite.ts';
import { sessionSuite } from './session-suite.ts';
import { shortPositionSuite } from './short-position-suite.ts';
import { signedEditsSuite } from './signed-edits-suite.ts';
import type { OpenStore } from './store.ts';
import { revokedSuite } from './revoked-suite.ts';
import { tagsSuite } from './tags-suite.ts';
import { unreadSuite } from './unread-suite.ts';
import { userSuite } from './user-suite.ts';

/** `open` gives a store of its own to each test. */
export function storeSuites(open: OpenStore): void {
  describe('rooms', () => roomSuite(open));
  describe('access', () => accessSuite(open));
  describe('bans', () => bansSuite(open));
  describe('conduct', () => conductSuite(open));
  describe('signed edits', () => signedEditsSuite(open));
  describe('evictions', () => evictionSuite(open));
  describe('large rooms', () => largeRoomSuite(open));
  describe('members', () => memberSuite(open));
  describe('what a user knows of rooms', () => belongsSuite(open));
  describe('rights', () => rightsSuite(open));
  describe('messages', () => messageSuite(open));
  describe('users', () => userSuite(open));
  describe('the ends of logins', () => revokedSuite(open));
  describe('tags of logins', () => tagsSuite(open));
  describe('recipients', () => recipientsSuite(open));
  describe('sessions', () => sessionSuite(open));
  describe('bytes', () => bytesSuite(open));
  describe('ages', () => ageSuite(open));
  describe('quotas', () => quotaSuite(open));
  describe('ages of what is erased', () => eraseAgeSuite(open));
  describe('direct messages', () => directSuite(open));
  describe('conversations', () => {
    pairSuite(open);
    sendStepsSuite(open);
  });
  describe('inboxes', () => inboxSuite(open));
  describe('what is unread', () => unreadSuite(open));
  describe('what a user wrote', () => authoredSuite(open));
  describe('erasing what a user wrote', () => {
    eraseSuite(open);
    eraseDirectSuite(open);
  });
  describe('contacts', () => contactSuite(open));
  describe('presence', () => presenceSuite(open));
  describe('administration', () => adminSuite(open));
  describe('logs', () => logSuite(open));
  describe('positions of an earlier form', () => shortPositionSuite(open));
  describe('nodes', () => nodeSuite(open));
}
