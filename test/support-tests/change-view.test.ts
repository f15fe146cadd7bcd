// What an observer of changes finds out by itself, and what it must put up with: each fault is one that a service could have.
import { describe, expect, test } from '@jest/globals';
import { ChangeView, pieceFaults, type Piece } from '../support/change-view.ts';

const at = { epoch: 'e', lastMessageId: 0, lastChange: 0 };
const message = (id: number, rest: object = {}): Record<string, unknown> => ({
  id,
  author: 'ann',
  timestamp: id,
  textMessage: 'é',
  ...rest,
});
const update = (change: number, id: number, version: number): Record<string, unknown> => ({
  change,
  id,
  kind: 'update',
  version,
  timestamp: 9,
  message: message(id, { version, textMessage: `v${version}` }),
});
const append = (change: number, version: number, offset: number, text: string): Record<string, unknown> => ({
  change,
  id: 1,
  kind: 'append',
  version,
  timestamp: 9,
  offset,
  text,
});
const recall = (change: number, id: number, version: number): Record<string, unknown> => ({
  change,
  id,
  kind: 'recall',
  version,
  timestamp: 9,
  by: 'ann',
});

/** In the room from its beginning, with two messages. */
function begun(): ChangeView {
  const view = new ChangeView();
  view.joined({ ...at, recovered: true });
  view.message(message(1));
  view.message(message(2));
  return view;
}

describe('an observer', () => {
  test('holds the latest version of each message', () => {
    const view = begun();
    view.changed(append(1, 2, 2, 'x'));
    view.changed({ ...append(2, 3, 3, 'y'), done: true });
    view.changed({ change: 3, id: 1, kind: 'reactions', version: 3, counts: { '+': 1 } });
    view.changed({ change: 4, id: 1, kind: 'replies', version: 3, repliesCount: 2 });
    view.changed(recall(5, 2, 2));
    expect(view.faults).toEqual([]);
    const counted = { reactions: { '+': 1 }, repliesCount: 2 };
    expect([...view.messages.values()]).toEqual([
      message(1, { textMessage: 'éxy', version: 3, updatedAt: 9, done: true, ...counted }),
      { id: 2, author: 'ann', timestamp: 2, recalled: true, version: 2, updatedAt: 9 },
    ]);
    view.changed({ change: 6, id: 1, kind: 'reactions', version: 3, counts: {} });
    expect(view.messages.get(1)).not.toHaveProperty('reactions');
  });

  test.each<[string, (view: ChangeView) => void]>([
    ['a message is missing', (view) => view.message(message(4))],
    ['a change is missing', (view) => view.changed(update(2, 1, 2))],
    ['a change is of a message that is not there', (view) => view.changed(update(1, 3, 2))],
    ['a version is missing', (view) => view.changed(update(1, 1, 3))],
    ['text is missing', (view) => view.changed(append(1, 2, 3, 'x'))],
    ['reactions are to another version', (view) => view.changed({ change: 1, id: 1, kind: 'reactions', version: 2 })],
    [
      'a change comes twice',
      (view) => {
        view.changed(update(1, 1, 2));
        view.changed(update(1, 1, 2));
      },
    ],
    [
      'words come of what was recalled',
      (view) => {
        view.changed(recall(1, 1, 2));
        view.changed(update(2, 1, 3));
      },
    ],
    [
      'something comes to who is out',
      (view) => {
        view.left();
        view.message(message(3));
      },
    ],
    [
      'who comes back is given an older version',
      (view) => {
        view.changed(update(1, 1, 2));
        view.changed(update(2, 1, 3));
        const old = [message(1, { version: 2 })];
        view.joined({ ...at, lastMessageId: 2, lastChange: 3, recovered: true, changesRecovered: true, changes: old });
      },
    ],
    [
      'who comes back is not given a message',
      (view) => view.joined({ ...at, lastMessageId: 3, recovered: true, changesRecovered: true, messages: [] }),
    ],
  ])('finds that %s', (_, happen) => {
    const view = begun();
    happen(view);
    expect(view.faults).not.toEqual([]);
  });

  test('reads late what has changed since, and then how', () => {
    const view = begun();
    view.message(message(3, { version: 3, textMessage: 'v3' }));
    view.message({ id: 4, timestamp: 4, recalled: true, version: 2 });
    for (const change of [update(1, 3, 2), update(2, 3, 3), recall(3, 4, 2), update(4, 3, 4)]) view.changed(change);
    // Told of a recall in the place of what was told before it, and again in its own.
    for (const change of [recall(5, 1, 4), recall(6, 1, 4)]) view.changed(change);
    expect(view.faults).toEqual([]);
    expect(view.messages.get(3)).toMatchObject({ textMessage: 'v4' });
  });

  test('goes on from any place, and says what it was not given', () => {
    const snapshot = begun().snapshot();
    if (snapshot === undefined) throw new Error('it has a place');
    const view = ChangeView.from(snapshot);
    expect(view.position()).toEqual({ ...at, lastMessageId: 2, lastTimestamp: 2 });
    const given = { ...at, lastMessageId: 3, lastChange: 7, recovered: true, messages: [message(3)] };
    const changes = [message(1, { version: 2 })];
    expect(view.joined({ ...given, changesRecovered: true, changes })).toEqual([]);
    expect(view.messages.get(1)).toMatchObject({ version: 2 });
    const other = ChangeView.from(snapshot);
    expect(other.joined({ ...given, changesRecovered: false, changes: [] })).toEqual(['changes']);
    expect([other.messages.size, other.knownAfter]).toEqual([0, 3]);
    view.reset('f', 1);
    view.changed(update(9, 1, 5));
    expect([view.faults, view.snapshot()?.place]).toEqual([
      [],
      { epoch: 'f', lastMessageId: 1, lastChange: 9, lastChangeTimestamp: 9 },
    ]);
  });
});

test('what came in pieces is a stretch of the whole, but for what was recalled before it was told', () => {
  const one = (mark: string, text = mark): Piece['heard'][0] => ({ mark, text, isRecall: text === 'recall' });
  const whole = { from: at, heard: ['m1', 'm2', 'c1', 'm3', 'c2'].map((mark) => one(mark)) };
  const faults = (heard: Piece['heard'], from: Piece['from'] = at, endIsLost = false): string[] =>
    pieceFaults(whole, [{ from, heard, endIsLost }]);
  expect(faults(whole.heard)).toEqual([]);
  expect(faults([one('c1'), one('m3')], { ...at, lastMessageId: 2 })).toEqual([]);
  expect(faults([one('m3')], { ...at, lastMessageId: 2, lastChange: 1 })).toEqual([]);
  expect(faults([one('c2')], { ...at, lastMessageId: 3, lastChange: undefined })).toEqual([]);
  expect(faults([one('m1'), one('m2'), one('c1', 'recall')])).toEqual([]);
  expect(faults([one('m1'), one('c1')])).toHaveLength(1);
  expect(faults([one('m1'), one('m2'), one('c1', 'other')])).toHaveLength(1);
  expect(faults([one('m3'), one('c1')], { ...at, lastMessageId: 2 })).toHaveLength(1);
  // Of what was lost the numbers are given again.
  for (const end of [one('m3'), one('c1', 'lost')]) expect(faults([one('m1'), one('m2'), end], at, true)).toEqual([]);
});

test('a reset, or a join that cannot give everything, says that what came before may be lost', () => {
  const view = begun();
  expect(view.pieces.map(({ endIsLost }) => endIsLost)).toEqual([false]);
  view.left();
  view.joined({ ...at, recovered: true, changesRecovered: false });
  expect(view.pieces.map(({ endIsLost }) => endIsLost)).toEqual([true, false]);
  view.reset('f', 3);
  expect(view.pieces.map(({ endIsLost }) => endIsLost)).toEqual([true, true, false]);
  expect(view.losses).toBe(2);
});
