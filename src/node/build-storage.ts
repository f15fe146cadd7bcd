/** Builds the way to Redis, the lease by which it may be used, and what is kept there, by noun. */
import { replyBytesOf, type Outside, type Shared } from './shared.ts';
import type { Config } from '../config/config.ts';
import { about } from '../ops/log.ts';
import { Commands } from '../redis/commands.ts';
import { Links } from '../redis/links.ts';
import { RedisMemory } from '../redis/redis-memory.ts';
import { AccessStore } from '../store/access/access-store.ts';
import { ChangeStore } from '../store/change/change-store.ts';
import { ConductStore } from '../store/conduct/conduct-store.ts';
import { Evictions } from '../store/access/evictions.ts';
import { AuthoredStore } from '../store/authored/authored-store.ts';
import { AttributesStore } from '../store/attributes/attributes-store.ts';
import { ConversationStore } from '../store/conversation/conversation-store.ts';
import { AnonymousMembers } from '../store/member/anonymous-members.ts';
import { EndingStore } from '../store/conversation/endings.ts';
import { ContactStore } from '../store/contact/contact-store.ts';
import { PresenceStore } from '../store/contact/presence-store.ts';
import { ListedStore } from '../store/conversation/listed-store.ts';
import { ChangesTold } from '../store/direct/changes-told.ts';
import { DirectStore } from '../store/direct/direct-store.ts';
import { AbsentStore } from '../store/message/absent-store.ts';
import { WillStore } from '../store/message/will-store.ts';
import { HistoryStore } from '../store/history/history-store.ts';
import { InboxStore } from '../store/inbox/inbox-store.ts';
import { BelongsStore } from '../store/member/belongs-store.ts';
import { Dues } from '../store/member/dues.ts';
import { MemberStore } from '../store/member/member-store.ts';
import { MembershipStore } from '../store/membership/membership-store.ts';
import { MessageStore } from '../store/message/message-store.ts';
import { Lease } from '../store/node/lease.ts';
import { PairChanges } from '../store/pair/pair-changes.ts';
import { PairStore } from '../store/pair/pair-store.ts';
import { Peers } from '../store/node/peers.ts';
import { QuotaStore } from '../store/quota/quota-store.ts';
import { Deletions } from '../store/room/deletions.ts';
import { RoomStore, type RoomStoreOptions } from '../store/room/room-store.ts';
import { SessionStore } from '../store/session/session-store.ts';
import { StateStore } from '../store/state/state-store.ts';
import { ResumeKeyStore } from '../store/user/resume-key-store.ts';
import { UnreadStore } from '../store/unread/unread-store.ts';
import { UnsentAllowance } from '../store/webhook/unsent-allowance.ts';
import { WebhookStore, type WebhookStoreOptions } from '../store/webhook/webhook-store.ts';
import { UserStore } from '../store/user/user-store.ts';

/** How a node reaches Redis, and whether it may. */
export interface RedisSide {
  readonly lease: Lease;
  readonly links: Links;
  readonly commands: Commands;
  /** On the lease's own connection. */
  readonly leaseCommands: Commands;
  readonly memory: RedisMemory;
}

export interface Stores {
  readonly rooms: RoomStore;
  readonly memberships: MembershipStore;
  readonly members: MemberStore;
  readonly belongs: BelongsStore;
  readonly dues: Dues;
  readonly messages: MessageStore;
  readonly changes: ChangeStore;
  readonly authored: AuthoredStore;
  readonly absents: AbsentStore;
  readonly willStore: WillStore;
  readonly histories: HistoryStore;
  readonly access: AccessStore;
  readonly conducts: ConductStore;
  readonly users: UserStore;
  readonly directs: DirectStore;
  readonly pairs: PairStore;
  readonly pairChanges: PairChanges;
  readonly changesTold: ChangesTold;
  readonly contacts: ContactStore;
  readonly presences: PresenceStore;
  readonly sessions: SessionStore;
  readonly inboxes: InboxStore;
  readonly unreads: UnreadStore;
  readonly attributes: AttributesStore;
  readonly listed: ListedStore;
  readonly states: StateStore;
  readonly deletions: Deletions;
  readonly conversations: ConversationStore;
  readonly endingStore: EndingStore;
  readonly anonymousMembers: AnonymousMembers;
  readonly evictions: Evictions;
  readonly quotas: QuotaStore;
  readonly peers: Peers;
  readonly outboxes: WebhookStore;
  readonly resumeKeyStore: ResumeKeyStore;
}

/** A renewal at a time, and what a silent connection has left behind. */
const LEASE_QUEUE_MAX = 100;

export function buildRedisSide({ config, log, errors, keys, measured }: Shared, outside: Outside): RedisSide {
  const { timeoutMs, queueMax, queueBytes: queueBytesMax } = config.redis;
  const lease = new Lease(keys, config.node.leaseMs);
  const links = new Links(outside.redis, {
    subscriber: outside.subscriber,
    timeoutMs,
    leaseMs: config.node.leaseMs,
    onError: (what, error) => errors.warn(what, about(error), what),
  });
  const options = {
    timeoutMs,
    queueBytesMax,
    mayAct: () => lease.held,
    onError: (error: Error) => errors.warn('command', about(error), 'a command failed'),
    measured: { durations: measured.distributions.parley_redis_command_duration_seconds, errors: measured.redisErrors },
  };
  const commands = new Commands(links.commands, { ...options, queueMax });
  const leaseCommands = new Commands(links.lease, { ...options, queueMax: LEASE_QUEUE_MAX });
  const memory = new RedisMemory({
    commands,
    onLevel: (level, ratio) => log[level === 'ample' ? 'info' : 'warn']({ level, ratio }, 'the memory of Redis'),
  });
  return { lease, links, commands, leaseCommands, memory };
}

/** A key of resume tokens signs for so long, and for as long as what it has signed last is good. */
const KEY_PERIOD_MS = 24 * 60 * 60 * 1000;

/** Of what one batch for the webhook holds. */
const OUTBOX_BATCH_BYTES = 1 << 18;
const OUTBOX_SPARE_MS = 2000;
/** What was taken is sent within the time limit, or not at all, and then has its turn within half of it, and its answer within it. */
export const outboxLeaseMs = ({ webhook }: Config): number => Math.ceil(2.5 * webhook.timeoutMs) + OUTBOX_SPARE_MS;

const outboxRules = (config: Config): WebhookStoreOptions => ({
  leaseMs: outboxLeaseMs(config),
  batchMax: config.webhook.batchMax,
  batchBytes: OUTBOX_BATCH_BYTES,
  historyMaxAgeMs: config.rooms.historyMaxAgeMs,
});

const roomRules = ({ dedupMs, rooms, webhook }: Config, counters: Shared['counters']): RoomStoreOptions => ({
  dedupMs,
  historyMaxAgeMs: rooms.historyMaxAgeMs,
  unsent: webhook.url === undefined ? undefined : new UnsentAllowance(() => counters.webhookDropped++),
});

export function buildStores({ config, keys, counters }: Shared, { commands, lease }: RedisSide): Stores {
  const pageMax = config.limits.historyMaxGetMessages;
  const { historyMaxAgeMs } = config.rooms;
  const replyBytes = replyBytesOf(config);
  return {
    rooms: new RoomStore(commands, keys, roomRules(config, counters)),
    memberships: new MembershipStore(commands, keys, { ...config.rooms, pageMax, replyBytes }),
    members: new MemberStore(commands, keys, { ...config.rooms, instance: lease }),
    belongs: new BelongsStore(commands, keys, { historyMaxAgeMs, roomsPerUser: config.rooms.perUser }),
    dues: new Dues(commands, keys),
    messages: new MessageStore(commands, keys, {
      ...config.rooms,
      dedupMs: config.dedupMs,
      postsPerCall: config.postsPerCall,
      timeoutMs: config.redis.timeoutMs,
    }),
    changes: new ChangeStore(commands, keys, {
      ...config.rooms,
      messageBytes: config.limits.messageBytes,
      changesPerCall: config.postsPerCall,
      timeoutMs: config.redis.timeoutMs,
    }),
    authored: new AuthoredStore(commands, keys, config.rooms),
    absents: new AbsentStore(commands, keys),
    willStore: new WillStore(commands, keys),
    histories: new HistoryStore(commands, keys, { replyBytes, historyMaxAgeMs }),
    deletions: new Deletions(commands, keys),
    conversations: new ConversationStore(commands, keys, { ...config.rooms, instance: lease }),
    endingStore: new EndingStore(commands, keys),
    anonymousMembers: new AnonymousMembers(commands, keys),
    quotas: new QuotaStore(commands, keys, config.quotas),
    peers: new Peers(commands, keys),
    outboxes: new WebhookStore(commands, keys, outboxRules(config)),
    resumeKeyStore: new ResumeKeyStore(commands, keys, config.auth.resumeTokenMs + KEY_PERIOD_MS),
    access: new AccessStore(commands, keys, { ...config.rooms, instance: lease }),
    conducts: new ConductStore(commands, keys, config.rooms),
    evictions: new Evictions(commands, keys),
    users: new UserStore(commands, keys, {
      socketsMax: config.socketsPerUser,
      resumeTokenMs: config.auth.resumeTokenMs,
      historyMaxAgeMs,
      watch: lease,
      presenceGraceMs: config.node.presenceGraceMs,
      inboxSize: config.inboxSize,
      anonymousMs: anonymousMsOf(config),
    }),
    sessions: new SessionStore(commands, keys, config),
    inboxes: new InboxStore(commands, keys, { historyMaxAgeMs }),
    unreads: new UnreadStore(commands, keys, { historyMaxAgeMs }),
    attributes: new AttributesStore(commands, keys),
    listed: new ListedStore(commands, keys, { historyMaxAgeMs }),
    states: new StateStore(commands, keys),
    ...storesOfPairs(config, keys, commands),
    contacts: new ContactStore(commands, keys, config.direct),
    presences: new PresenceStore(commands, keys),
  };
}

/**
 * How long an anonymous user may come back after its last socket. What it was answered before is remembered for twice as long as repeats
 * are.
 */
export const anonymousMsOf = ({ auth, dedupMs }: Pick<Shared['config'], 'auth' | 'dedupMs'>): number =>
  Math.max(auth.resumeTokenMs, 2 * dedupMs);

/** What is said between two users, and told to each. */
const storesOfPairs = (
  config: Shared['config'],
  keys: Shared['keys'],
  commands: Commands,
): Pick<Stores, 'pairs' | 'pairChanges' | 'directs' | 'changesTold'> => ({
  pairs: new PairStore(commands, keys, {
    ...config.direct,
    dedupMs: config.dedupMs,
    replyBytes: replyBytesOf(config),
  }),
  pairChanges: new PairChanges(commands, keys, {
    ...config.direct,
    editWindowMs: config.rooms.editWindowMs,
    messageBytes: config.limits.messageBytes,
  }),
  directs: new DirectStore(commands, keys, { ...config.direct, dedupMs: config.dedupMs }),
  changesTold: new ChangesTold(commands, keys, config.direct),
});
