/** What handlers work with, handed to each noun's handlers when the node is built. */
import type { Instance } from '../bus/instance.ts';
import type { Topics } from '../bus/topics.ts';
import type { HookRunner } from '../hooks/runner.ts';
import type { RecoveryCounters } from '../ops/counters.ts';
import type { Tally } from '../ops/distribution.ts';
import type { Limits } from '../protocol/params/limits.ts';
import type { StoredValue } from '../protocol/wire/stored.ts';
import type { AccessStore } from '../store/access/access-store.ts';
import type { ConductStore } from '../store/conduct/conduct-store.ts';
import type { Deletions } from '../store/room/deletions.ts';
import type { AttributesStore } from '../store/attributes/attributes-store.ts';
import type { BelongsStore } from '../store/member/belongs-store.ts';
import type { ListedStore } from '../store/conversation/listed-store.ts';
import type { StateStore } from '../store/state/state-store.ts';
import type { ContactStore } from '../store/contact/contact-store.ts';
import type { ConversationStore } from '../store/conversation/conversation-store.ts';
import type { DirectStore } from '../store/direct/direct-store.ts';
import type { HistoryStore } from '../store/history/history-store.ts';
import type { InboxStore } from '../store/inbox/inbox-store.ts';
import type { MemberStore } from '../store/member/member-store.ts';
import type { MembershipStore } from '../store/membership/membership-store.ts';
import type { MessageStore } from '../store/message/message-store.ts';
import type { PairChanges } from '../store/pair/pair-changes.ts';
import type { PairStore } from '../store/pair/pair-store.ts';
import type { RoomStore } from '../store/room/room-store.ts';
import type { SessionStore } from '../store/session/session-store.ts';
import type { UnreadStore } from '../store/unread/unread-store.ts';
import type { ChangeStore } from '../store/change/change-store.ts';
import type { UserStore } from '../store/user/user-store.ts';
import type { Authenticator } from './auth/authenticator.ts';
import type { ResumeKeys } from './auth/resume-keys.ts';
import type { Audience } from './caller.ts';
import type { Arrivals } from './direct/arrivals.ts';
import type { Receipts } from './direct/receipts.ts';
import type { StoredSends } from './direct/stored-sends.ts';
import type { ChangeTelling } from './direct/change-telling.ts';
import type { DirectChanges } from './change/direct-changes.ts';
import type { ContactPairs } from './contact/pairs.ts';
import type { FormerMembers } from './member/former.ts';
import type { UserDeletions } from './user/deletions.ts';
import type { Presence } from './contact/presence.ts';
import type { Profiles } from './contact/profiles.ts';
import type { Endings } from './conversation/endings.ts';
import type { MemberTelling } from './member/telling.ts';
import type { Absences } from './message/absences.ts';
import type { ChangesDue } from './change/due.ts';
import type { HeldAppends } from './change/held-appends.ts';
import type { Transients } from './message/transients.ts';
import type { Wills } from './message/wills.ts';
import type { Leaves } from './membership/leaves.ts';
import type { Disconnects } from './membership/disconnects.ts';
import type { Removals } from './room/removals.ts';
import type { Quotas } from './quota/quotas.ts';
import type { Repairs } from './repair/repairs.ts';
import type { StagedEvictionPeers } from './repair/staged-eviction-peers.ts';
import type { UnreadNews } from './unread/news.ts';
import type { MemberNews } from './unread/member-news.ts';
import type { StateTelling } from './state/telling.ts';
import type { SocketRoomsSource } from './user/socket-list.ts';
import type { Echoes } from './user/echoes.ts';
import type { Webhooks } from './webhook/webhooks.ts';
import type { UserlistChanges } from './membership/userlist-changes.ts';

export interface ChatSettings {
  readonly limits: Limits;
  /** As each login is told them. */
  readonly toldLimits: StoredValue;
  readonly roomsManagement: boolean;
  readonly userlistUpdates: boolean;
  readonly accessListsUpdates: boolean;
  readonly directMessages: 'off' | 'live' | 'stored';
  readonly historyMaxSize: number;
  /** Who belong to one room at most. */
  readonly membersMax: number;
  /** The room that every socket is in; undefined for none. */
  readonly globalRoom: string | undefined;
  readonly heartbeatMs: number;
  readonly resumeTokenMs: number;
  /** What edits of blacklists are signed with; undefined where they need no signature. */
  readonly blacklistSecret: string | undefined;
  /** The same of requests that make rooms with members, and change who these are. */
  readonly membersSecret: string | undefined;
  /** Bytes that a reply holds at most, but for one message that is larger by itself. */
  readonly replyBytes: number;
}

export interface Services {
  readonly settings: ChatSettings;
  readonly rooms: RoomStore;
  readonly memberships: MembershipStore;
  readonly members: MemberStore;
  readonly belongs: BelongsStore;
  readonly messages: MessageStore;
  readonly changes: ChangeStore;
  readonly changesDue: Pick<ChangesDue, 'note' | 'after' | 'tellNow' | 'whenDone'>;
  readonly heldAppends: HeldAppends;
  /** Changes of messages, by kind. */
  readonly changeKinds: Pick<Tally, 'add'>;
  readonly transients: Transients;
  readonly wills: Wills;
  readonly absences: Absences;
  readonly histories: HistoryStore;
  readonly access: AccessStore;
  readonly conducts: ConductStore;
  readonly users: UserStore;
  readonly userDeletions: UserDeletions;
  readonly directs: DirectStore;
  readonly pairs: PairStore;
  readonly pairChanges: PairChanges;
  readonly contacts: ContactStore;
  readonly contactPairs: ContactPairs;
  readonly profiles: Profiles;
  readonly presence: Presence;
  readonly sessions: SessionStore;
  readonly inboxes: InboxStore;
  readonly unreads: UnreadStore;
  readonly attributes: AttributesStore;
  readonly listed: ListedStore;
  readonly states: StateStore;
  readonly deletions: Deletions;
  readonly conversations: ConversationStore;
  readonly endings: Pick<Endings, 'note' | 'forget'>;
  readonly topics: Topics;
  readonly audience: Audience;
  readonly leaves: Leaves;
  readonly disconnects: Disconnects;
  readonly repairs: Repairs;
  readonly stagedEvictionPeers: Pick<StagedEvictionPeers, 'hasten'>;
  readonly echoes: Echoes;
  readonly socketRooms: SocketRoomsSource;
  readonly removals: Removals;
  readonly memberTelling: MemberTelling;
  readonly formerMembers: FormerMembers;
  readonly quotas: Quotas;
  readonly receipts: Receipts;
  readonly storedSends: StoredSends;
  readonly directChanges: DirectChanges;
  readonly changeTelling: ChangeTelling;
  readonly arrivals: Pick<Arrivals, 'told'>;
  readonly unreadNews: Pick<UnreadNews, 'atLogin' | 'later'>;
  readonly memberNews: Pick<MemberNews, 'note'>;
  readonly stateTelling: Pick<StateTelling, 'behind'>;
  readonly userlistChanges: UserlistChanges;
  readonly authenticator: Authenticator;
  readonly resumeKeys: ResumeKeys;
  readonly counters: RecoveryCounters;
  /** What is sent to the operator; undefined where there is no address. */
  readonly webhooks: Webhooks | undefined;
  /** The operator's, if there are any. */
  readonly hooks: HookRunner | undefined;
  /** Once it may not act, nothing is acknowledged. */
  readonly instance: Instance;
  /** How long a user has to wait before it may log in again, having asked for too much; mostly 0. */
  debtMs(userName: string): number;
}
