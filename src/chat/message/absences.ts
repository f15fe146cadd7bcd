/**
 * Telling the operator's hook `onAbsent` of stored messages whose receivers have no socket, for whoever sends pushes. Nothing is done
 * where there is no such hook. It goes behind the answer, a few messages at a time; what is too much at once is dropped and counted,
 * for a push that comes late is none. A node that dies takes with it what waits here.
 */
import type { Absent } from '../../hooks/contract.ts';
import type { HookRunner } from '../../hooks/runner.ts';
import { decodeTrusted } from '../../protocol/wire/msgpack.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { isMap, type Value, type ValueMap } from '../../protocol/params/values.ts';
import type { AbsentStore } from '../../store/message/absent-store.ts';
import type { Mentions } from '../../store/message/post.ts';
import type { Webhooks } from '../webhook/webhooks.ts';
import { hearsOfAbsent, tellAbsent } from '../hooks/points.ts';

export interface AbsencesDeps {
  readonly hooks: HookRunner | undefined;
  readonly webhooks?: Pick<Webhooks, 'sends' | 'tell'> | undefined;
  readonly absents: AbsentStore;
  readonly counters: { absentDropped: number };
  /** So many were dropped since it was told last; once a minute at most. */
  onDropped(count: number): void;
}

/** What is told of a message besides itself. */
export interface Pushed {
  readonly mentions: Mentions | undefined;
  /** As the sender gave it, in MessagePack. */
  readonly pushData: Uint8Array | undefined;
}

type Work = () => Promise<void>;

const AT_ONCE = 4;
const WAITING_MAX = 1000;
const TELL_MS = 60_000;

export class Absences {
  readonly #deps: AbsencesDeps;
  readonly #waiting: Work[] = [];
  #underWay = 0;
  #untold = 0;
  #toldAt = -Infinity;

  constructor(deps: AbsencesDeps) {
    this.#deps = deps;
  }

  /** A message was stored in a room. */
  inRoom(roomName: string, author: string | undefined, id: number, { mentions, pushData }: Pushed): void {
    if (!this.#isHeard) return;
    this.#add(async () => {
      const found = await this.#deps.absents.read(roomName, author, id);
      if (found === undefined) return;
      const { frame, readers, muted } = found;
      await this.#tell({ roomName }, frame, { readers, muted, mentions, pushData });
    });
  }

  /** A message to a user was stored. */
  toUser(userName: string, frame: Uint8Array, pushed: Pushed): void {
    if (!this.#isHeard) return;
    this.#add(() => this.#tell({ userName }, frame, { readers: [userName], muted: [], ...pushed }));
  }

  get #isHeard(): boolean {
    return hearsOfAbsent(this.#deps.hooks) || this.#deps.webhooks?.sends('absent') === true;
  }

  async #tell(
    to: Pick<Absent, 'roomName' | 'userName'>,
    frame: Uint8Array,
    { readers, muted, mentions, pushData }: Pushed & { readers: readonly string[]; muted: readonly string[] },
  ): Promise<void> {
    const absent = await this.#deps.absents.absentOf(readers);
    if (absent.length === 0) return;
    const [silent, named] = [new Set(muted), new Set(mentions?.names)];
    const told = (): Absent => ({
      ...to,
      message: mapOf(storedMessageIn(frame).value) ?? {},
      absent: [...absent],
      muted: absent.filter((name) => silent.has(name)),
      mentions: mentions?.all === true ? [...absent] : absent.filter((name) => named.has(name)),
      pushData: pushData === undefined ? undefined : mapOf(decodeTrusted(pushData)),
    });
    this.#tellWebhook(told);
    await tellAbsent(this.#deps.hooks, told);
  }

  #tellWebhook(told: () => Absent): void {
    if (this.#deps.webhooks?.sends('absent') !== true) return;
    const { roomName, userName, message, absent, muted, mentions, pushData } = told();
    const to: ValueMap = roomName === undefined ? { userName: userName ?? null } : { roomName };
    const names = { absent: [...absent], muted: [...muted], mentions: [...mentions] };
    this.#deps.webhooks.tell('absent', 'onAbsent', { ...to, message, ...names, pushData: pushData ?? null });
  }

  #add(work: Work): void {
    if (this.#waiting.length >= WAITING_MAX) return this.#drop();
    this.#waiting.push(work);
    if (this.#underWay < AT_ONCE) void this.#run();
  }

  async #run(): Promise<void> {
    this.#underWay++;
    // What asks for it is answered first.
    await new Promise((resolve) => setImmediate(resolve));
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await next().catch(() => this.#drop());
    }
    this.#underWay--;
  }

  #drop(): void {
    this.#deps.counters.absentDropped++;
    this.#untold++;
    const now = performance.now();
    if (now - this.#toldAt < TELL_MS) return;
    this.#deps.onDropped(this.#untold);
    this.#toldAt = now;
    this.#untold = 0;
  }
}

const mapOf = (value: Value): ValueMap | undefined => (isMap(value) ? value : undefined);
