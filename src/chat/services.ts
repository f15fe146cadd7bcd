/** What handlers work with, handed to each noun's handlers when the node is composed. */
import type { Topics } from '../bus/topics.ts';
import type { HookRunner } from '../hooks/runner.ts';
import type { RecoveryCounters } from '../ops/counters.ts';
import type { Limits } from '../protocol/limits.ts';
import type { AccessState } from '../store/access/access-state.ts';
import type { Deletions } from '../store/room/deletions.ts';
import type { DirectState } from '../store/direct/direct-state.ts';
import type { RoomState } from '../store/room/room-state.ts';
import type { SessionState } from '../store/session/session-state.ts';
import type { UserState } from '../store/user/user-state.ts';
import type { Authenticator } from './authenticator.ts';
import type { Audience } from './caller.ts';
import type { Departures } from './departures.ts';
import type { Disconnects } from './disconnects.ts';
import type { Losses } from './losses.ts';
import type { Quotas } from './quotas.ts';
import type { Reconciler } from './reconciler.ts';
import type { Restrictions } from './restrictions.ts';
import type { UserlistChanges } from './userlist-changes.ts';

export interface ChatSettings {
  readonly limits: Limits;
  readonly roomsManagement: boolean;
  readonly userlistUpdates: boolean;
  readonly accessListsUpdates: boolean;
  /** `stored` is not built yet: it is as `live`. */
  readonly directMessages: 'off' | 'live' | 'stored';
  readonly historyMaxSize: number;
  readonly heartbeatMs: number;
  readonly resumeTokenMs: number;
  /** Bytes that a reply holds at most, but for one message that is larger by itself. */
  readonly replyBytes: number;
}

export interface Services {
  readonly settings: ChatSettings;
  readonly rooms: RoomState;
  readonly access: AccessState;
  readonly users: UserState;
  readonly directs: DirectState;
  readonly sessions: SessionState;
  readonly deletions: Deletions;
  readonly topics: Topics;
  readonly audience: Audience;
  readonly departures: Departures;
  readonly disconnects: Disconnects;
  readonly reconciler: Reconciler;
  readonly restrictions: Pick<Restrictions, 'hasten'>;
  readonly losses: Losses;
  readonly quotas: Quotas;
  readonly userlistChanges: UserlistChanges;
  readonly authenticator: Authenticator;
  readonly counters: RecoveryCounters;
  /** The operator's, if there are any. */
  readonly hooks: HookRunner | undefined;
  nodeId(): string;
  /** How long a user has to wait before it may log in again, having asked for too much; mostly 0. */
  debtMs(userName: string): number;
  /** About what Redis's clock shows, the one that all nodes share; ms since the epoch. */
  redisNow(): number;
}
