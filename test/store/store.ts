// The stores on a Redis of the test's own, with eyes: what it publishes and every key it leaves. The suites of this
// folder take a function that opens one, and run on a single server, a cluster and the embedded store.
import { randomBytes } from 'node:crypto';
import { Cluster } from 'ioredis';
import { readEvents, type TopicEvent } from '../../src/log/event.ts';
import { AccessStore } from '../../src/store/access/access-store.ts';
import { ConductStore } from '../../src/store/conduct/conduct-store.ts';
import { Evictions } from '../../src/store/access/evictions.ts';
import { AdminStore } from '../../src/store/admin/admin-store.ts';
import { Commands } from '../../src/redis/commands.ts';
import { openClient, openServer, type Client } from '../../src/redis/connect.ts';
import { AttributesStore } from '../../src/store/attributes/attributes-store.ts';
import { AnonymousMembers } from '../../src/store/member/anonymous-members.ts';
import { BelongsStore } from '../../src/store/member/belongs-store.ts';
import { ListedStore } from '../../src/store/conversation/listed-store.ts';
import { StateStore } from '../../src/store/state/state-store.ts';
import { ConversationStore } from '../../src/store/conversation/conversation-store.ts';
import { EndingStore } from '../../src/store/conversation/endings.ts';
import { ContactStore } from '../../src/store/contact/contact-store.ts';
import { PresenceStore } from '../../src/store/contact/presence-store.ts';
import { ChangeStore } from '../../src/store/change/change-store.ts';
import { AuthoredStore } from '../../src/store/authored/authored-store.ts';
import { ImportStore } from '../../src/store/imported/import-store.ts';
import { ErasureStore } from '../../src/store/erasure/erasure-store.ts';
import { Deletions } from '../../src/store/room/deletions.ts';
import { ChangesTold } from '../../src/store/direct/changes-told.ts';
import { DirectStore } from '../../src/store/direct/direct-store.ts';
import { Directory } from '../../src/store/admin/directory.ts';
import { Keyspace, type TopicKey } from '../../src/redis/keys.ts';
import { InboxStore } from '../../src/store/inbox/inbox-store.ts';
import { LeaseWatch } from '../../src/store/node/lease-watch.ts';
import { QuotaStore, type QuotaOptions } from '../../src/store/quota/quota-store.ts';
import { HistoryStore } from '../../src/store/history/history-store.ts';
import { Dues } from '../../src/store/member/dues.ts';
import { MemberStore } from '../../src/store/member/member-store.ts';
import { MembershipStore } from '../../src/store/membership/membership-store.ts';
import { MessageStore } from '../../src/store/message/message-store.ts';
import { PairChanges } from '../../src/store/pair/pair-changes.ts';
import { PairStore } from '../../src/store/pair/pair-store.ts';
import type { UnsentAllowance } from '../../src/store/webhook/unsent-allowance.ts';
import { RoomStore, type RoomOptions } from '../../src/store/room/room-store.ts';
import { SessionStore } from '../../src/store/session/session-store.ts';
import { Shards } from '../../src/redis/shards.ts';
import { TopicLog } from '../../src/store/topic/topic-log.ts';
import { UnreadStore } from '../../src/store/unread/unread-store.ts';
import { UserStore, type UserOptions } from '../../src/store/user/user-store.ts';
import { noteReply } from './replies-seen.ts';
import type { RedisAddress } from '../support/redis.ts';
import type { Scope } from '../support/scope.ts';
import { endpointAt } from '../support/redis-endpoint.ts';

export interface Store {
  readonly rooms: RoomStore;
  readonly memberships: MembershipStore;
  readonly messages: MessageStore;
  readonly changes: ChangeStore;
  readonly histories: HistoryStore;
  readonly access: AccessStore;
  readonly conducts: ConductStore;
  readonly evictions: Evictions;
  readonly conversations: ConversationStore;
  readonly endingStore: EndingStore;
  readonly members: MemberStore;
  readonly belongs: BelongsStore;
  readonly anonymousMembers: AnonymousMembers;
  readonly dues: Dues;
  readonly users: UserStore;
  readonly inboxes: InboxStore;
  readonly sessions: SessionStore;
  readonly unreads: UnreadStore;
  readonly attributes: AttributesStore;
  readonly listed: ListedStore;
  readonly states: StateStore;
  readonly directs: DirectStore;
  readonly pairs: PairStore;
  readonly pairChanges: PairChanges;
  readonly changesTold: ChangesTold;
  readonly contacts: ContactStore;
  readonly presences: PresenceStore;
  readonly deletions: Deletions;
  readonly quotas: QuotaStore;
  readonly admin: AdminStore;
  readonly directory: Directory;
  readonly authored: AuthoredStore;
  readonly imports: ImportStore;
  readonly erasures: ErasureStore;
  readonly commands: Commands;
  readonly keys: Keyspace;
  /** Logs as the node of that id reads them. */
  logOf(nodeId: string): TopicLog;
  /** Milliseconds that a key has left; -1 for one that stays. By key without the prefix, sorted. */
  ttls(): Promise<Record<string, number>>;
  /** Everything published for a topic from now on; the list grows. */
  listen(topic: TopicKey): Promise<readonly TopicEvent[]>;
  /** The bare client, to put things into a state that nobody asks for. */
  readonly client: Client;
}

export interface StoreOptions {
  /** By which node things are done, where that is noted. */
  readonly instance?: { readonly nodeId: string };
  dedupMs?: number;
  pageMax?: number;
  replyBytes?: number;
  socketsMax?: number;
  sessionRoomsMax?: number;
  /** Keys of others, to do a part of what their nodes do. */
  prefix?: string;
  largeSize?: number;
  listSizeLimit?: number;
  repeatsMax?: number;
  repeatBytesMax?: number;
  /** Deleted rooms leave their logs to the webhook. */
  unsent?: UnsentAllowance;
  historyMaxBytes?: number;
  /** Messages that a pair keeps. */
  historyMaxSize?: number;
  /** Of rooms, pairs and the events of users. */
  historyMaxAgeMs?: number;
  quotas?: Partial<QuotaOptions>;
  trimPage?: number;
  contactsMax?: number;
  membersMax?: number;
  roomsPerUser?: number;
  presenceGraceMs?: number;
  /** Between two notices of a user's state. */
  statePauseMs?: number;
  inboxSize?: number;
  messageBytes?: number;
  adminsEdit?: boolean;
  editWindowMs?: number;
}

export type OpenStore = (scope: Scope, options?: StoreOptions) => Promise<Store>;

const defaults = {
  dedupMs: 60_000,
  pageMax: 100,
  replyBytes: 1 << 19,
  socketsMax: 50,
  sessionRoomsMax: 1000,
  largeSize: 1000,
  listSizeLimit: 10_000,
  historyMaxBytes: 1 << 24,
  historyMaxSize: 1000,
  historyMaxAgeMs: 0,
  messageBytes: 16_384,
  adminsEdit: false,
  editWindowMs: 0,
};

export const resumeTokenMs = 60_000;
const lives = { resumeTokenMs, anonymousMs: 60_000 };

/** Opens a store whose keys are its own. */
export async function openStore(scope: Scope, address: RedisAddress, options: StoreOptions = {}): Promise<Store> {
  const prefix = options.prefix ?? `t${randomBytes(6).toString('hex')}`;
  const endpoint = endpointAt(address);
  const client = await connect(scope, openClient(endpoint, { use: 'commands' }));
  const shards = new Shards({
    commands: client,
    open: (server) => openServer(endpoint, { use: 'subscriber', server }),
  });
  const keys = new Keyspace(prefix);
  const commands = await openCommands(scope, client);
  const all = { ...defaults, ...options };
  const { dedupMs, pageMax, replyBytes, socketsMax, sessionRoomsMax, largeSize, listSizeLimit } = all;
  const { historyMaxAgeMs } = all;
  return {
    rooms: new RoomStore(commands, keys, { dedupMs, historyMaxAgeMs, unsent: options.unsent }),
    memberships: new MembershipStore(commands, keys, { pageMax, replyBytes, historyMaxAgeMs, largeSize }),
    messages: new MessageStore(commands, keys, { ...all, postsPerCall: 64, timeoutMs: 120_000 }),
    changes: new ChangeStore(commands, keys, { ...all, changesPerCall: 64, timeoutMs: 120_000 }),
    histories: new HistoryStore(commands, keys, { replyBytes, historyMaxAgeMs }),
    access: new AccessStore(commands, keys, {
      largeSize,
      listSizeLimit,
      instance: options.instance ?? { nodeId: 'n1' },
    }),
    ...storesOfRooms(commands, keys, { listSizeLimit, historyMaxAgeMs }),
    ...storesOfMembers(commands, keys, { ...all, historyMaxAgeMs }),
    ...storesOfUsers(commands, keys, { ...options, socketsMax, historyMaxAgeMs }),
    sessions: new SessionStore(commands, keys, { sessionRoomsMax }),
    ...storesOfPairs(commands, keys, { ...options, ...all }),
    directs: new DirectStore(commands, keys, { dedupMs, listSizeLimit, historyMaxAgeMs, ...repeatsOf(options) }),
    quotas: new QuotaStore(commands, keys, { rooms: 0, listNames: 0, bytes: 0, ...options.quotas }),
    admin: new AdminStore(commands, keys, { ...lives, historyMaxAgeMs, trimPage: options.trimPage ?? 5000 }),
    directory: new Directory(commands, keys),
    commands,
    keys,
    logOf: (nodeId) => new TopicLog(commands, keys, { nodeId }, historyMaxAgeMs),
    ttls: () => ttlsOf(client, prefix),
    listen: async (topic) => {
      const channel = keys.channel(topic);
      const subscriber = await connect(scope, shards.open(shards.owners()[shards.slotOf(channel)] ?? ''));
      const events: TopicEvent[] = [];
      subscriber.on('smessageBuffer', (_channel: Buffer, bytes: Buffer) => {
        events.push(...readEvents(bytes));
      });
      await subscriber.ssubscribe(channel);
      return events;
    },
    client,
  };
}

async function openCommands(scope: Scope, client: Client): Promise<Commands> {
  const commands = new Commands(client, {
    // For how fast a store is, the embedded one under load above all, is not asked here.
    timeoutMs: 120_000,
    queueMax: 20_000,
    queueBytesMax: 1 << 26,
    mayAct: () => true,
    onError: () => undefined,
    onReply: noteReply,
  });
  scope.add(() => commands.close());
  await commands.allowWhenFull();
  // On a cluster they stay scripts, so that the suites try both.
  if (!(client instanceof Cluster)) await commands.keepFunctions();
  return commands;
}

function storesOfMembers(
  commands: Commands,
  keys: Keyspace,
  options: StoreOptions & { largeSize: number; listSizeLimit: number; historyMaxAgeMs: number },
): Pick<Store, 'members' | 'belongs' | 'dues' | 'conversations' | 'endingStore' | 'anonymousMembers'> {
  const { historyMaxAgeMs, membersMax = 5000, roomsPerUser = 1000, instance = { nodeId: 'n1' } } = options;
  return {
    members: new MemberStore(commands, keys, { ...options, membersMax, instance }),
    belongs: new BelongsStore(commands, keys, { historyMaxAgeMs, roomsPerUser }),
    dues: new Dues(commands, keys),
    conversations: new ConversationStore(commands, keys, { ...options, membersMax, instance }),
    endingStore: new EndingStore(commands, keys),
    anonymousMembers: new AnonymousMembers(commands, keys),
  };
}

function storesOfRooms(
  commands: Commands,
  keys: Keyspace,
  { listSizeLimit, historyMaxAgeMs }: { listSizeLimit: number; historyMaxAgeMs: number },
): Pick<Store, 'conducts' | 'evictions' | 'deletions' | 'attributes' | 'listed'> {
  return {
    conducts: new ConductStore(commands, keys, { listSizeLimit }),
    evictions: new Evictions(commands, keys),
    deletions: new Deletions(commands, keys),
    attributes: new AttributesStore(commands, keys),
    listed: new ListedStore(commands, keys, { historyMaxAgeMs }),
  };
}

function storesOfUsers(
  commands: Commands,
  keys: Keyspace,
  options: StoreOptions & { socketsMax: number; historyMaxAgeMs: number },
): Pick<
  Store,
  'users' | 'inboxes' | 'unreads' | 'contacts' | 'presences' | 'authored' | 'erasures' | 'states' | 'imports'
> {
  const { socketsMax, historyMaxAgeMs, presenceGraceMs = 0, contactsMax = 5000, inboxSize = 1000 } = options;
  const watch = watchOf(new LeaseWatch());
  return {
    users: new UserStore(commands, keys, { ...lives, socketsMax, presenceGraceMs, inboxSize, historyMaxAgeMs, watch }),
    inboxes: new InboxStore(commands, keys, { historyMaxAgeMs }),
    unreads: new UnreadStore(commands, keys, { historyMaxAgeMs }),
    contacts: new ContactStore(commands, keys, { contactsMax }),
    presences: new PresenceStore(commands, keys),
    states: new StateStore(commands, keys, { pauseMs: options.statePauseMs ?? 1000 }),
    authored: new AuthoredStore(commands, keys, { historyMaxAgeMs }),
    imports: importStoreOf(commands, keys, options),
    erasures: new ErasureStore(commands, keys, { holdMs: 15_000 }),
  };
}

function importStoreOf(commands: Commands, keys: Keyspace, options: StoreOptions): ImportStore {
  const bounds = { ...defaults, ...options };
  return new ImportStore(commands, keys, { rooms: bounds, direct: bounds });
}

async function connect<C extends Client>(scope: Scope, client: C): Promise<C> {
  client.on('error', () => undefined);
  scope.add(() => client.disconnect());
  await client.connect();
  return client;
}

/** Only what is asked for: the rest is as the service has it. */
function repeatsOf({ repeatsMax, repeatBytesMax }: StoreOptions): { repeatsMax?: number; repeatBytesMax?: number } {
  return {
    ...(repeatsMax === undefined ? {} : { repeatsMax }),
    ...(repeatBytesMax === undefined ? {} : { repeatBytesMax }),
  };
}

async function ttlsOf(client: Client, prefix: string): Promise<Record<string, number>> {
  const servers = client instanceof Cluster ? client.nodes('master') : [client];
  const found = (await Promise.all(servers.map((server) => server.keys(`${prefix}:*`)))).flat().toSorted();
  const ttls = await Promise.all(found.map((key) => client.pttl(key)));
  return Object.fromEntries(found.map((key, i) => [key.slice(prefix.length + 1), ttls[i] ?? 0]));
}

/** As a node judges that has been there for ever. */
const watchOf = (watch: LeaseWatch): UserOptions['watch'] => ({
  watchedMs: (nodeId, expires) => watch.see(nodeId, expires, performance.now(), 0),
});

export const nonce = (): Buffer => randomBytes(8);

/** What is behind the time and the id that a script has put in. */
export const frameText = (event: TopicEvent | undefined): string => Buffer.from(event?.frame ?? []).toString('latin1');

/** A notification whose last field the scripts fill in, as they see it: opaque. */
export const frame = (name: string): Uint8Array => Buffer.from(`<${name}>`);

/** The 64-bit integer at the end of a frame that a script has completed. */
export const countIn = (event: TopicEvent | undefined): number =>
  Number(Buffer.from(event?.frame ?? []).readBigUInt64BE((event?.frame.length ?? 8) - 8));

export const roomOptions = (owner: string, changes: Partial<RoomOptions> = {}): RoomOptions => ({
  owner,
  whitelistOnly: false,
  userlistUpdates: true,
  accessListsUpdates: true,
  historyMax: 1000,
  ...changes,
});

const storesOfPairs = (
  commands: Commands,
  keys: Keyspace,
  options: StoreOptions & typeof defaults,
): Pick<Store, 'pairs' | 'pairChanges' | 'changesTold'> => ({
  pairs: new PairStore(commands, keys, { ...repeatsOf(options), ...options }),
  pairChanges: new PairChanges(commands, keys, options),
  changesTold: new ChangesTold(commands, keys, options),
});
