// All scenarios, in the order in which they run.
import type { Scenario } from '../lab.ts';
import { fanout, hotRoom, onePosterOnly, twoNodes } from './fanout.ts';
import { growthInMembers, growthInNodes, growthInRooms } from './growth.ts';
import { memory } from './memory.ts';
import { smallRooms } from './small-rooms.ts';
import { storm } from './storm.ts';

export const scenarios: readonly Scenario[] = [
  fanout,
  onePosterOnly,
  hotRoom,
  twoNodes,
  smallRooms,
  storm,
  memory,
  growthInMembers,
  growthInRooms,
  growthInNodes,
];
