// The conversation of two users as the history checker takes it: each author's messages are a room of their own, in which all
// devices of the other one are from their first login on. Numbers are those among the author's messages, by the log.
import type { Value } from '../../src/protocol/params/values.ts';
import { field } from '../chat/world.ts';
import type { Acknowledgement, Entry, HistoryInput, Transcript } from '../support/history-checker.ts';
import type { Call, Outcome, User } from '../support/rpc.ts';

const EPOCH = 'of the pair';

export interface Hearer {
  readonly name: string;
  readonly peer: string;
  readonly connections: readonly User[];
}

const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '');
const keyOf = (message: Value): string => String(Number(field(message, 'n')));

/** `log`: all that both have said, in order. `acts`: the requests by what became of them. */
export function pairHistory(
  hearers: readonly Hearer[],
  acts: ReadonlyMap<Outcome, Call>,
  log: readonly Value[],
): HistoryInput {
  const numbers = new Map<number, number>();
  const byAuthor = new Map<string, { id: number; key: string }[]>();
  for (const { peer } of hearers) byAuthor.set(peer, []);
  for (const message of log) {
    const own = byAuthor.get(textOf(field(message, 'author'))) ?? [];
    own.push({ id: own.length + 1, key: keyOf(message) });
    numbers.set(Number(field(message, 'id')), own.length);
  }
  // What is in no log has a number beyond it.
  const numberOf = (message: Value): number => numbers.get(Number(field(message, 'id'))) ?? Infinity;
  const acknowledged = [...acts].flatMap(([outcome, [method]]): Acknowledgement[] => {
    if (method !== 'directMessage' || !('result' in outcome)) return [];
    const { result } = outcome;
    return [{ roomName: textOf(field(result, 'author')), key: keyOf(result), id: numberOf(result), epoch: EPOCH }];
  });
  return {
    acknowledged,
    unacknowledged: [],
    transcripts: hearers.map((hearer) => transcriptOf(hearer, acts, numberOf)),
    logs: [...byAuthor].map(([roomName, messages]) => ({ roomName, epoch: EPOCH, messages })),
  };
}

function transcriptOf(
  { name, peer, connections }: Hearer,
  acts: ReadonlyMap<Outcome, Call>,
  numberOf: (message: Value) => number,
): Transcript {
  const entries: Entry[] = [{ kind: 'joined', epoch: EPOCH, lastMessageId: 0 }];
  for (const { received } of connections) {
    let isReset = false;
    for (const entry of received) {
      if ('name' in entry) {
        const [message = null] = entry.params;
        if (entry.name === 'inboxReset') isReset = true;
        if (entry.name !== 'directMessage') continue;
        entries.push({ kind: 'message', epoch: EPOCH, id: numberOf(message), key: keyOf(message) });
      } else if (isReset && acts.get(entry.outcome)?.[0] === 'directHistoryGet' && 'result' in entry.outcome) {
        // What it reads then is where it begins anew.
        const { result } = entry.outcome;
        const read = (Array.isArray(result) ? result : []).filter((one) => field(one, 'author') === peer);
        entries.push({ kind: 'reset', epoch: EPOCH, lastMessageId: read.length });
        isReset = false;
      }
    }
  }
  return { observer: name, roomName: peer, entries };
}
