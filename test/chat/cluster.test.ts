// The main rules of rooms, over MessagePack, on a Redis Cluster of three masters: every topic is in one slot or another.
import { startRedisCluster } from '../support/redis-cluster.ts';
import { accessSuite } from './access-suite.ts';
import { contactSuite } from './contact-suite.ts';
import { directSuite } from './direct-suite.ts';
import { makingSuite } from './making-suite.ts';
import { memberSuite } from './member-suite.ts';
import { membershipSuite } from './membership-suite.ts';
import { messageSuite } from './message-suite.ts';
import { recoverySuite } from './recovery-suite.ts';
import { sessionRacesSuite } from './session-races-suite.ts';
import { sessionSuite } from './session-suite.ts';
import { useWorld } from './world.ts';

const world = useWorld({ format: 'msgpack', redis: startRedisCluster });
for (const suite of [
  membershipSuite,
  makingSuite,
  memberSuite,
  accessSuite,
  messageSuite,
  recoverySuite,
  directSuite,
  contactSuite,
  sessionSuite,
  sessionRacesSuite,
])
  suite(world);
