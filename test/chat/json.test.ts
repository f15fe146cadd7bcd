// All that the chat means, over JSON, on a single Redis.
import { accessSuite } from './access-suite.ts';
import { conductSuite } from './conduct-suite.ts';
import { attributesSuite } from './attributes-suite.ts';
import { changeSuite } from './change-suite.ts';
import { contactSuite } from './contact-suite.ts';
import { directSuite } from './direct-suite.ts';
import { historySuite } from './history-suite.ts';
import { makingSuite } from './making-suite.ts';
import { memberSuite } from './member-suite.ts';
import { membershipSuite } from './membership-suite.ts';
import { messageSuite } from './message-suite.ts';
import { recoverySuite } from './recovery-suite.ts';
import { roomSuite } from './room-suite.ts';
import { searchSuite } from './search-suite.ts';
import { stateSuite } from './state-suite.ts';
import { userSuite } from './user-suite.ts';
import { sessionRacesSuite } from './session-races-suite.ts';
import { sessionSuite } from './session-suite.ts';
import { willSuite } from './will-suite.ts';
import { useWorld } from './world.ts';

const world = useWorld({ format: 'json' });
for (const suite of [
  roomSuite,
  membershipSuite,
  makingSuite,
  memberSuite,
  accessSuite,
  conductSuite,
  messageSuite,
  historySuite,
  searchSuite,
  changeSuite,
  willSuite,
  recoverySuite,
  userSuite,
  directSuite,
  contactSuite,
  attributesSuite,
  stateSuite,
  sessionSuite,
  sessionRacesSuite,
])
  suite(world);
