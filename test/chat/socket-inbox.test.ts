// How far a socket is led in its user's inbox where notices are held back: never past one that it was not told, and each in one frame
// with its position otherwise.
import { expect, test } from '@jest/globals';
import { SocketInbox } from '../../src/chat/inbox/socket-inbox.ts';
import type { TopicEvent } from '../../src/log/event.ts';
import { JointFrame, decodeNotification, notificationFrame, type AnyFrame } from '../../src/protocol/wire/frame.ts';
import { createRng, seeded } from '../support/rng.ts';

const eventOf = (id: number, kind: TopicEvent['kind'] = 'message'): TopicEvent => ({
  kind,
  seq: id,
  id,
  timestamp: 1000 + id,
  nonce: id,
  prev: id - 1,
  epoch: 'epoch',
  subject: '',
  frame: notificationFrame('directMessage', [{ id }]),
});

/** What was sent: the ids of notices, and `@` with positions, a string for each frame. */
function hearer(): { send(frame: AnyFrame): void; heard: string[] } {
  const heard: string[] = [];
  const one = (frame: Uint8Array): string => {
    const { name, params } = decodeNotification(frame);
    const value = Object(params[0]);
    return name === 'inboxPosition' ? `@${value.seq}` : `${value.id}`;
  };
  const send = (frame: AnyFrame): void => {
    if (!(frame instanceof JointFrame)) return void heard.push(one(frame));
    heard.push(
      frame.text
        .split('\n')
        .map((text) => {
          const [, name, [value]] = JSON.parse(text);
          return name === 'inboxPosition' ? `@${value.seq}` : `${value.id}`;
        })
        .join(' '),
    );
  };
  return { send, heard };
}

test('a notice and its position share a frame; what is not told is a position, and what the inbox does not keep has none', () => {
  const [inbox, to] = [new SocketInbox(), hearer()];
  inbox.pass(to, eventOf(1), true);
  inbox.pass(to, eventOf(2), false);
  inbox.pass(to, eventOf(3, 'notice'), true);
  inbox.pass(to, eventOf(4, 'notice'), false);
  expect(inbox.defer(eventOf(5))).toBe(false);
  expect(to.heard).toEqual(['1 @1', '@2', '3']);
});

test('who asks for times has one with each position, however it comes, and nobody else has', () => {
  for (const isTimed of [true, false]) {
    const sent: string[] = [];
    const to = {
      send: (frame: AnyFrame) => void sent.push((frame instanceof JointFrame ? frame : new JointFrame([frame])).text),
    };
    const inbox = new SocketInbox();
    inbox.isTimed = isTimed;
    const [held, other] = [eventOf(3), eventOf(6)];
    inbox.pass(to, eventOf(1), true);
    inbox.pass(to, eventOf(2), false);
    inbox.hold(held);
    inbox.defer(eventOf(4));
    inbox.pass(to, eventOf(5), false);
    inbox.pass(to, held, true);
    for (let event = inbox.next(to); event !== undefined; event = inbox.next(to)) inbox.pass(to, event, true);
    inbox.hold(other);
    inbox.pass(to, eventOf(7), true);
    inbox.pass(to, other, true);
    const positions = sent.join('\n').match(/"inboxPosition",\[\{[^}]*\}/g) ?? [];
    expect(positions.map((text) => [/"seq":(\d+)/.exec(text)?.[1], text.includes('timestamp')])).toEqual(
      ['1', '2', '3', '5', '7'].map((seq) => [seq, isTimed]),
    );
  }
});

test('however many get it, its frame is made once', () => {
  const frames: AnyFrame[] = [];
  const event = eventOf(1);
  for (let i = 0; i < 2; i++) new SocketInbox().pass({ send: (frame) => frames.push(frame) }, event, true);
  expect(frames[0]).toBeInstanceOf(JointFrame);
  expect(frames[1]).toBe(frames[0]);
});

test('what may wait does so for one that is held back; what has its own place does not, and its position follows', () => {
  const [inbox, to] = [new SocketInbox(), hearer()];
  const [held, own, waiting, echo, last] = [eventOf(1), eventOf(2), eventOf(3), eventOf(4, 'notice'), eventOf(5)];
  inbox.hold(held);
  inbox.pass(to, own, true);
  for (const event of [waiting, echo, last]) expect(inbox.defer(event)).toBe(true);
  expect(to.heard).toEqual(['2']);
  expect(inbox.next(to)).toBeUndefined();
  // Again by another request.
  inbox.hold(held);
  inbox.pass(to, held, true);
  expect(to.heard.splice(0)).toEqual(['2', '1 @2']);
  for (let event = inbox.next(to); event !== undefined; event = inbox.next(to)) inbox.pass(to, event, true);
  expect(to.heard).toEqual(['3 @3', '4', '5 @5']);
  expect(inbox.defer(eventOf(6))).toBe(false);
});

test('a notice that is held back and then not told is passed all the same; one that the inbox does not keep holds nothing up', () => {
  const [inbox, to] = [new SocketInbox(), hearer()];
  inbox.hold(eventOf(1, 'notice'));
  const [first, second] = [eventOf(2), eventOf(3)];
  inbox.hold(first);
  inbox.hold(second);
  inbox.pass(to, second, false);
  expect(to.heard).toEqual([]);
  inbox.pass(to, first, false);
  expect(to.heard).toEqual(['@3']);
});

test('not more than so many wait', () => {
  const [inbox, to] = [new SocketInbox(), hearer()];
  const held = eventOf(1);
  inbox.hold(held);
  let id = 2;
  while (inbox.defer(eventOf(id))) id++;
  expect(id).toBeLessThan(2000);
  for (const event of [eventOf(id), eventOf(id + 1)]) inbox.pass(to, event, true);
  inbox.pass(to, held, true);
  for (let event = inbox.next(to); event !== undefined; event = inbox.next(to)) inbox.pass(to, event, true);
  expect(to.heard.at(-1)).toBe(`${id - 1} @${id + 1}`);
});

test(
  'whatever is held back, and let go in whatever order: each is told once, and no position comes before a notice up to it',
  seeded(({ seed }) => {
    for (let round = 0; round < 200; round++) {
      const rng = createRng(seed + round);
      const [inbox, to] = [new SocketInbox(), hearer()];
      const held: TopicEvent[] = [];
      const expected: number[] = [];
      const release = (): void => {
        const event = rng.pick(held);
        held.splice(held.indexOf(event), 1);
        inbox.pass(to, event, true);
        for (let next = inbox.next(to); next !== undefined; next = inbox.next(to)) inbox.pass(to, next, true);
      };
      for (let id = 1; id <= 30; id++) {
        const event = eventOf(id);
        expected.push(id);
        // What the inbox does not keep waits as well, and has no place.
        const other = eventOf(id + 1000, 'notice');
        expected.push(other.id);
        if (!inbox.defer(other)) inbox.pass(to, other, true);
        const what = rng.integer(0, 2);
        if (what === 0) {
          inbox.hold(event);
          held.push(event);
        } else if (what === 1 || !inbox.defer(event)) inbox.pass(to, event, true);
        if (held.length > 0 && rng.chance(0.3)) release();
      }
      while (held.length > 0) release();
      const told = new Set<number>();
      let position = 0;
      for (const part of to.heard.flatMap((frame) => frame.split(' '))) {
        const at = Number(part.replace('@', ''));
        if (!part.startsWith('@')) {
          expect([part, told.has(at)]).toEqual([part, false]);
          told.add(at);
          continue;
        }
        expect(at).toBeGreaterThan(position);
        position = at;
        for (let id = 1; id <= at; id++)
          expect([seed + round, at, id, told.has(id)]).toEqual([seed + round, at, id, true]);
      }
      expect([...told].toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
      expect(position).toBe(30);
    }
  }),
);
