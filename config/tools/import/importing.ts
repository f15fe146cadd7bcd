/** An import from its first row to its report: rows are read and sorted, then each conversation is made and said, in order of time. */
import { defaultLimits } from '../../../src/protocol/params/limits.ts';
import type { ImportArguments } from './arguments.ts';
import { GivenRows } from './given.ts';
import { readJsonRow } from './json-rows.ts';
import { readLeanCloudRow } from './leancloud.ts';
import { rowsOf } from './lines.ts';
import { Making, type Target } from './making.ts';
import { nameHere, weigh } from './naming.ts';
import type { Report } from './report.ts';
import { Saying, TOO_LARGE, type Outgoing } from './saying.ts';
import type { Service } from './service.ts';
import { Sorting } from './sorting.ts';
import { digitsOf, type Conversation, type Item, type ReadRow, type Said } from './source.ts';

/** Sorted before what was said: a conversation, then the roles of users in it. */
const CONVERSATION = -2;
const ROLE = -1;
const readers: Readonly<Record<ImportArguments['format'], ReadRow>> = {
  leancloud: readLeanCloudRow,
  json: readJsonRow,
};
/** Conversations that are made and said at the same time: of small ones most of the time is waiting. */
const AT_ONCE = 8;
/** Messages of one that waits for its turn whole, and bytes of them. */
const WHOLE_MAX = 200;
const WHOLE_BYTES_MAX = 1 << 20;

/** `service` is undefined where nothing is to be asked of it. Rejects with `Away` where it does not answer, and where a file cannot be read. */
export async function importAll(given: ImportArguments, service: Service | undefined, report: Report): Promise<void> {
  const sorting = new Sorting<Item>(given.memoryMb * (1 << 20));
  const turns = new Turns();
  try {
    await sortRows(given, sorting, report);
    const making = new Making({ service, report, ...given });
    let group: Group | undefined;
    for await (const [id, time, tie, item] of sorting.sorted()) {
      if (group?.id !== id) {
        await group?.end();
        group = new Group(id, { given, service, report, making, turns });
      }
      await group.take(item, time, tie);
      report.progress(() => progressOf(report));
    }
    await group?.end();
    await turns.all();
  } finally {
    await turns.settled();
    sorting.end();
  }
}

const progressOf = (report: Report): string => {
  const done = report.of('imported') + report.of('importedBefore');
  const rooms = report.of('roomsMade') + report.of('roomsThere') + report.of('pairs');
  return `${done} of ${report.of('messagesRead')} messages, ${rooms} of ${report.of('conversationsRead')} conversations`;
};

async function sortRows(given: ImportArguments, sorting: Sorting<Item>, report: Report): Promise<void> {
  let number = 0;
  const read = readers[given.format];
  for await (const row of rowsOf(given.files, (place, why) => report.skip('row', why, place))) {
    const item = read(row, ++number, given);
    if (item.what === 'unknown') report.skip('row', item.why, row.place);
    if (item.what === 'conversation') await sorting.add([item.id, CONVERSATION, digitsOf(number), item]);
    if (item.what === 'role') await sorting.add([item.id, ROLE, item.userName, item]);
    if (item.what === 'conversation') report.count('conversationsRead');
    if (item.what === 'said') {
      report.count('messagesRead');
      if (item.time < given.before) await sorting.add([item.id, item.time, item.tie, item]);
      else report.count('later');
    }
    report.progress(() => `${number} rows read`);
  }
}

/** A few at a time. */
class Turns {
  readonly #running = new Set<Promise<void>>();
  #failed: { readonly error: unknown } | undefined;

  /** Resolves when it has begun. */
  async take(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= AT_ONCE) await Promise.race(this.#running);
    if (this.#failed !== undefined) throw this.#failed.error;
    const running = work()
      .catch((error: unknown) => {
        this.#failed ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async all(): Promise<void> {
    await this.settled();
    if (this.#failed !== undefined) throw this.#failed.error;
  }
}

interface GroupDeps {
  readonly given: ImportArguments;
  readonly service: Service | undefined;
  readonly report: Report;
  readonly making: Making;
  readonly turns: Turns;
}

/** One conversation: what comes of it is kept until it is known to be small, or else goes on its way at once. */
class Group {
  readonly id: string;
  readonly #deps: GroupDeps;
  readonly #rows: GivenRows;
  /** The last message, until it is known that no more rows of it follow. */
  #held: { readonly time: number; readonly tie: string; readonly said: Said } | undefined;
  #waiting: Outgoing[] = [];
  #waitingBytes = 0;
  #state: 'waiting' | 'made' | 'notMade' = 'waiting';
  /** Where its messages go; undefined where nothing is asked of the service. */
  #saying: Saying | undefined;
  #left = 0;

  constructor(id: string, deps: GroupDeps) {
    this.id = id;
    this.#deps = deps;
    this.#rows = new GivenRows(id, deps.report);
  }

  async take(item: Item, time: number, tie: string): Promise<void> {
    if (item.what === 'conversation') this.#rows.take(item.conversation);
    if (item.what === 'role') this.#rows.takeRole(item.userName, item.isAdmin);
    if (item.what !== 'said') return;
    const isDouble = this.#held?.time === time && this.#held.tie === tie;
    if (isDouble) this.#deps.report.count('doubles');
    else await this.#pass();
    // What was recalled stays so, whichever row is from the newer export.
    if (!isDouble || this.#held?.said.recalled !== true) this.#held = { time, tie, said: item.said };
  }

  /** The message that was held goes on its way. */
  async #pass(): Promise<void> {
    if (this.#held === undefined) return;
    const { time, tie, said } = this.#held;
    this.#held = undefined;
    const outgoing = this.#outgoing(said, time);
    if (typeof outgoing === 'string') return this.#deps.report.skip('message', outgoing, `${tie} of ${this.id}`);
    if (this.#state === 'waiting') {
      this.#waiting.push(outgoing);
      this.#waitingBytes += outgoing.bytes;
      if (this.#waiting.length > WHOLE_MAX || this.#waitingBytes > WHOLE_BYTES_MAX) await this.#begin();
    } else if (this.#state === 'made') {
      await this.#saying?.add(outgoing);
    } else {
      this.#left++;
    }
  }

  async end(): Promise<void> {
    await this.#pass();
    if (this.#state === 'waiting') await this.#deps.turns.take(async () => this.#finish());
    else await this.#finish();
  }

  async #finish(): Promise<void> {
    if (this.#state === 'waiting') await this.#begin();
    await this.#saying?.end();
    if (this.#left > 0) this.#deps.report.skip('message', 'its conversation was not made', this.id, this.#left);
  }

  /** The conversation is made, and what waits is on its way. */
  async #begin(): Promise<void> {
    const { given, service, report, making } = this.#deps;
    const [waiting, rows] = [this.#waiting, this.#rows.whole()];
    this.#waiting = [];
    const target = rows && (await making.make(this.id, rows));
    this.#state = target === undefined ? 'notMade' : 'made';
    if (target === undefined || rows === undefined) this.#left += waiting.length;
    if (target === undefined || rows === undefined || service === undefined) return;
    const read = this.#readIn(rows.conversation, target);
    const saying = new Saying({ service, report, target, id: this.id, read, isEnding: given.done });
    await saying.begin();
    for (const message of waiting) await saying.add(message);
    this.#saying = saying;
  }

  #readIn({ read }: Conversation, target: Target): { readonly [userName: string]: number } {
    if (target.room === undefined) return {};
    const named = Object.entries(read).map(
      ([name, time]) => [nameHere(name, this.#deps.given.names) ?? '', time] as const,
    );
    return Object.fromEntries(named.filter(([name]) => name !== ''));
  }

  /** Why it is left out, where it is. */
  #outgoing(said: Said, time: number): Outgoing | string {
    const { given, service, report } = this.#deps;
    const { names, messageBytes } = given;
    const { conversation } = this.#rows;
    // It comes last of its conversation, so that nothing is behind it which would have to wait.
    if (time > Date.now()) return 'its time is later than now';
    if (conversation === undefined) return 'there is no row of its conversation';
    if (conversation.isOfService && said.isPrivate) return 'it was said to one user of a conversation of the service';
    const author = said.author === undefined ? undefined : nameHere(said.author, names);
    if (said.author !== undefined && author === undefined) return 'nobody can have the name of its author';
    if (conversation.direct !== undefined && !conversation.direct.includes(said.author ?? '')) {
      return 'its author is neither of the two users';
    }
    const weight = said.recalled ? { bytes: 0, values: 0, packed: 0 } : weigh(said.message);
    if (typeof weight === 'string') return weight;
    // What the service takes is known when it is asked; a dry run asks nothing.
    const isTooLarge =
      weight.packed > (messageBytes ?? (service === undefined ? defaultLimits.messageBytes : Infinity));
    if (isTooLarge) return TOO_LARGE;
    const mentions = said.mentions.map((name) => nameHere(name, names)).filter((name) => name !== undefined);
    if (mentions.length > MENTIONS_MAX) report.skip('mention', `a message has more than ${MENTIONS_MAX}`, this.id);
    const entry = {
      ...(author === undefined ? {} : { author }),
      timestamp: time,
      ...(said.recalled ? { recalled: true } : { message: said.message }),
      ...(mentions.length === 0 ? {} : { mentions: mentions.slice(0, MENTIONS_MAX) }),
      ...(said.mentionAll ? { mentionAll: true } : {}),
    };
    return { entry, time, ...weight };
  }
}

/** Of one message. */
const MENTIONS_MAX = 50;
