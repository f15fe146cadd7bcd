// The checker is what every claim about order and loss rests on, so it is itself checked: true histories pass, and every
// planted fault is found under its name.
import { describe, expect, test } from '@jest/globals';
import { checkHistory, type Entry, type HistoryInput, type Rule } from '../support/history-checker.ts';
import { seeded } from '../support/rng.ts';
import { copyOf, mutations, randomHistory, transcript } from './history-generator.ts';

const roomName = 'r';
const message = (id: number, key = `k${id}`, epoch = 'e1'): Entry => ({ kind: 'message', epoch, id, key });
const joined = (lastMessageId = 0, epoch = 'e1'): Entry => ({ kind: 'joined', epoch, lastMessageId });
const recovered = (lastMessageId: number, epoch = 'e1'): Entry => ({ kind: 'recovered', epoch, lastMessageId });
const reset = (lastMessageId: number, epoch = 'e1'): Entry => ({ kind: 'reset', epoch, lastMessageId });
const left: Entry = { kind: 'left' };
const log = (keys: string[], epoch = 'e1', oldestMessageId = 1): HistoryInput['logs'][number] => ({
  roomName,
  epoch,
  oldestMessageId,
  messages: keys.map((key, index) => ({ id: oldestMessageId + index, key })),
});
const acks = (...ids: number[]): HistoryInput['acknowledged'] =>
  ids.map((id) => ({ roomName, key: `k${id}`, id, epoch: 'e1' }));

/** Three acknowledged messages in the log, and the given transcripts. */
const history = (...entries: Entry[][]): HistoryInput => ({
  acknowledged: acks(1, 2, 3),
  unacknowledged: [],
  transcripts: entries.map((list, index) => transcript(`o${index}`, ...list)),
  logs: [log(['k1', 'k2', 'k3'])],
});
const rulesOf = (input: HistoryInput): Rule[] => [...new Set(checkHistory(input).violations.map(({ rule }) => rule))];

describe('true histories pass', () => {
  test.each<[string, HistoryInput]>([
    ['nothing happened', { acknowledged: [], unacknowledged: [], transcripts: [], logs: [] }],
    ['seen from the start', history([joined(), message(1), message(2), message(3)])],
    ['joined in the middle', history([joined(2), message(3)])],
    ['left before the end', history([joined(), message(1), left])],
    ['left and joined again later', history([joined(), message(1), left, joined(2), message(3)])],
    ['recovered, missed messages after', history([joined(), message(1), recovered(3), message(2), message(3)])],
    ['recovered, missed messages before', history([joined(), message(1), message(2), recovered(2), message(3)])],
    ['told of a gap within the epoch', history([joined(), message(1), reset(2), message(3)])],
    [
      'an unacknowledged message came true',
      { ...history([joined(2), message(3)]), acknowledged: acks(1, 2), unacknowledged: [{ roomName, key: 'k3' }] },
    ],
    ['an unacknowledged message did not', { ...history([joined(3)]), unacknowledged: [{ roomName, key: 'k4' }] }],
    ['a repeated request got the same id', { ...history(), acknowledged: acks(1, 2, 2, 3) }],
    ['the log was trimmed', { ...history([joined(2), message(3)]), logs: [log(['k3'], 'e1', 3)] }],
    ['all of the log was trimmed', { ...history([joined(3)]), logs: [log([], 'e1', 4)] }],
  ])('%s', (_, input) => {
    expect(checkHistory(input).violations).toEqual([]);
    expect(checkHistory(input).ok).toBe(true);
  });
});

describe('planted faults are found', () => {
  const seen = [joined(), message(1), message(2), message(3)];
  test.each<[Rule[], string, HistoryInput]>([
    [['gap'], 'an id is skipped', history([joined(), message(1), message(3)])],
    [['gap'], 'the first after a join is skipped', history([joined(1), message(3)])],
    [['gap'], 'skipped before leaving', history([joined(), message(2), left])],
    [['gap'], 'a recovery leaves one out', history([joined(), message(1), recovered(3), message(3)])],
    [['repeated'], 'twice', history([joined(), message(1), message(1), message(2), message(3)])],
    [['repeated'], 'one from before the join', history([joined(1), message(1), message(2), message(3)])],
    [['gap', 'repeated'], 'swapped', history([joined(), message(2), message(1), message(3)])],
    [
      ['repeated'],
      'a recovery repeats what was seen',
      history([joined(), message(1), recovered(3), message(1), message(2), message(3)]),
    ],
    [
      ['divergence', 'duplicateKey'],
      'two observers disagree',
      history(seen, [joined(), message(1, 'k2'), message(2, 'k1'), left]),
    ],
    [
      ['divergence', 'duplicateKey'],
      'an observer and the log disagree',
      history([joined(1), message(2, 'k1'), message(3)]),
    ],
    [['divergence', 'phantom'], 'a key that nobody sent', history([joined(2), message(3, 'x')])],
    [['missingTail'], 'the end was not seen', history([joined(), message(1), message(2)])],
    [['missingTail'], 'nothing was seen', history([joined()])],
    [
      ['recoveryBroken'],
      'a recovery that did not deliver',
      history([joined(), message(1), recovered(3), message(2), left]),
    ],
    [
      ['recoveryBroken', 'missingTail'],
      'a recovery that delivered nothing',
      history([joined(), message(1), recovered(3)]),
    ],
    [['recoveryBroken'], 'a recovery to before what was seen', history([...seen, recovered(2)])],
    [
      ['resetUntold'],
      'a recovery into another epoch',
      history([joined(0, 'e0'), recovered(3), message(1), message(2), message(3)]),
    ],
    [
      ['resetUntold'],
      'the epoch changes between messages',
      history([joined(0, 'e0'), message(1, 'k1', 'e0'), message(2), message(3)]),
    ],
    [['resetUntold'], 'still in an old epoch at the end', history([joined(3, 'e0')])],
    [['membership'], 'a message before joining', history([message(1), joined(1), message(2), message(3)])],
    [['membership'], 'a message after leaving', history([joined(), message(1), left, message(2)])],
    [['membership'], 'a join that hides a gap', history([joined(), message(1), joined(2), message(3)])],
    [['membership'], 'a recovery from nowhere', history([recovered(3)])],
    [['aheadOfLog'], 'joined beyond the end of the log', history([joined(4)])],
    [['aheadOfLog', 'phantom'], 'seen but not in the log', history([...seen, message(4)])],
    [['lost', 'aheadOfLog'], 'acknowledged but not in the log', { ...history(), acknowledged: acks(1, 2, 3, 4) }],
    [
      ['lost', 'divergence', 'duplicateKey'],
      'another message took its place',
      {
        ...history(),
        acknowledged: [
          ...acks(1, 2, 3),
          { roomName, key: 'x', id: 3, epoch: 'e1' },
          { roomName, key: 'k3', id: 2, epoch: 'e1' },
        ],
      },
    ],
    [
      ['lost'],
      'lost, its epoch unknown',
      { ...history(), acknowledged: [...acks(1, 2, 3), { roomName, key: 'k4', id: 4 }] },
    ],
    [
      ['lost'],
      'lost with an epoch, and nobody told',
      { ...history(), acknowledged: [...acks(1, 2, 3), { roomName, key: 'k4', id: 4, epoch: 'e0' }] },
    ],
    [
      ['lost'],
      'a reset within the epoch is no excuse',
      { ...history([joined(), reset(3)]), acknowledged: [...acks(1, 2, 3), { roomName, key: 'k4', id: 4 }] },
    ],
    [
      ['duplicateKey', 'lost'],
      'acknowledged with two ids',
      { ...history(), acknowledged: [...acks(1, 2, 3), { roomName, key: 'k3', id: 2 }] },
    ],
    [['duplicateKey'], 'in the log twice', { ...history(), logs: [log(['k1', 'k2', 'k3', 'k1'])] }],
    [
      ['logGap'],
      'a hole in the log',
      {
        ...history(),
        logs: [{ roomName, epoch: 'e1', messages: [1, 3].map((id) => ({ id, key: `k${id}` })) }],
        acknowledged: acks(1, 3),
      },
    ],
    [
      ['logGap'],
      'the log lost its beginning',
      { ...history(), logs: [{ ...log(['k2', 'k3'], 'e1', 2), oldestMessageId: 1 }] },
    ],
    [['logMissing'], 'no log', { ...history(seen), logs: [] }],
    [['logMissing'], 'two logs', { ...history(seen), logs: [log(['k1', 'k2', 'k3']), log([])] }],
  ])('%j: %s', (rules, _, input) => {
    const found = rulesOf(input);
    expect(found).toEqual(expect.arrayContaining(rules));
    expect(checkHistory(input).ok).toBe(false);
  });

  test('a fault is told once, with the room and the observer', () => {
    const { violations } = checkHistory(history(seen, [joined(), message(2), message(3)]));
    expect(violations).toEqual([{ rule: 'gap', roomName, observer: 'o1', detail: '2 after 0' }]);
  });

  test('a change of epoch is told once, however long it lasts', () => {
    const { violations } = checkHistory(history([joined(0, 'e0'), message(1, 'k1', 'e0'), message(2), message(3)]));
    expect(violations.map(({ rule }) => rule)).toEqual(['resetUntold']);
  });

  test('rooms are looked at one by one', () => {
    const other = { observer: 'o0', roomName: 'other', entries: [joined()] };
    const input = history(seen);
    const clean = {
      ...input,
      transcripts: [...input.transcripts, other],
      logs: [...input.logs, { ...log([]), roomName: 'other' }],
    };
    expect(checkHistory(clean).violations).toEqual([]);
    const foreign = { ...other, entries: [joined(), message(1)] };
    const mixed = checkHistory({ ...clean, transcripts: [...input.transcripts, foreign] });
    expect(mixed.violations.map(({ rule, roomName: where }) => [rule, where])).toContainEqual(['phantom', 'other']);
  });
});

describe('messages lost with an epoch', () => {
  // k3 was acknowledged and seen in e1, then the log came back without it as e2 and went on.
  const lossy = (...entries: Entry[][]): HistoryInput => ({
    ...history(...entries),
    unacknowledged: [{ roomName, key: 'k4' }],
    logs: [log(['k1', 'k2', 'k4'], 'e2')],
  });
  const told = [joined(), message(1), message(2), message(3), reset(2, 'e2'), message(3, 'k4', 'e2')];

  test('are reported and no violation when the observers were told', () => {
    const verdict = checkHistory(lossy(told));
    expect(verdict.violations).toEqual([]);
    expect(verdict.lostTold).toEqual([{ roomName, key: 'k3', id: 3, epoch: 'e1' }]);
    expect(verdict.counts).toMatchObject({ lostTold: 1, resets: 1 });
  });

  test('are violations when one observer was not told, or none', () => {
    expect(rulesOf(lossy(told, [joined(), message(1), message(2), message(3)]))).toEqual(['resetUntold']);
    expect(rulesOf(lossy([joined(2, 'e2'), message(3, 'k4', 'e2')]))).toEqual(['lost']);
    expect(rulesOf(lossy())).toEqual(['lost']);
    // A beginning is no telling: this observer knows of no other epoch.
    expect(rulesOf(lossy([reset(2, 'e2'), message(3, 'k4', 'e2')]))).toEqual(['lost']);
  });

  test('may be sent again under a new id', () => {
    const again: HistoryInput = {
      ...lossy([...told, message(4, 'k3', 'e2')]),
      acknowledged: [...acks(1, 2, 3), { roomName, key: 'k3', id: 4, epoch: 'e2' }],
      logs: [log(['k1', 'k2', 'k4', 'k3'], 'e2')],
    };
    expect(checkHistory(again)).toMatchObject({ violations: [], lostTold: [] });
  });

  test('are not counted when they would have been trimmed anyway', () => {
    const trimmed: HistoryInput = { ...lossy(told), logs: [log(['k4'], 'e2', 3)] };
    expect(checkHistory(trimmed)).toMatchObject({ violations: [], lostTold: [{ key: 'k3' }] });
  });

  test('of the new epoch are never excused', () => {
    const input = lossy(told);
    const lost = { roomName, key: 'k5', id: 3, epoch: 'e2' };
    expect(rulesOf({ ...input, acknowledged: [...input.acknowledged, lost] })).toEqual(['divergence', 'lost']);
  });
});

test('counts say how much was looked at', () => {
  const { counts } = checkHistory(
    history([joined(), message(1), recovered(3), message(2), message(3)], [joined(), reset(3)]),
  );
  expect(counts).toEqual({
    rooms: 1,
    observers: 2,
    acknowledged: 3,
    unacknowledged: 0,
    observed: 3,
    logged: 3,
    resets: 1,
    recoveries: 1,
    lostTold: 0,
  });
});

describe('random histories', () => {
  test(
    'pass when they are true',
    seeded((rng) => {
      let observed = 0;
      for (let round = 0; round < 300; round++) {
        const verdict = checkHistory(randomHistory(rng));
        expect(verdict.violations).toEqual([]);
        observed += verdict.counts.observed;
      }
      expect(observed).toBeGreaterThan(1000);
    }),
  );

  test.each(mutations.map((mutation) => [mutation.name, mutation] as const))('fail when %s', (_, mutation) =>
    seeded((rng) => {
      let applied = 0;
      for (let round = 0; round < 200; round++) {
        const broken = copyOf(randomHistory(rng));
        if (!mutation.apply(broken, rng)) continue;
        applied += 1;
        expect(rulesOf(broken)).toEqual(
          expect.arrayContaining([expect.stringMatching(`^(${mutation.rules.join('|')})$`)]),
        );
      }
      expect(applied).toBeGreaterThan(10);
    })(),
  );
});
