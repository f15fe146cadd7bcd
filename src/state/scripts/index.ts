/** All scripts, for the connection to know them before the first is called. */
import type { ScriptDeclaration } from '../script.ts';
import * as admin from './admin-scripts.ts';
import * as direct from './direct-scripts.ts';
import * as node from './node-scripts.ts';
import * as quota from './quota-scripts.ts';
import * as room from './room-scripts.ts';
import * as topic from './topic-scripts.ts';
import * as user from './user-scripts.ts';

export const allScripts: readonly ScriptDeclaration[] = [room, user, direct, admin, node, topic, quota].flatMap(
  (group) => Object.values<ScriptDeclaration>(group),
);
