// What may happen, as fast-check's commands: each does it to the model and to the service and compares the answers.
import { expect } from '@jest/globals';
import fc, { type AsyncCommand } from 'fast-check';
import { livesOf } from './lives.ts';
import { listNames, type ChatModel, type ListName, type Verdict } from './model.ts';
import { nodeOf, socketNames, userNames, witnessNames, type Real } from './real.ts';

export type Command = AsyncCommand<ChatModel, Real>;

const roomNames = ['red', 'blue'] as const;
const socket = fc.constantFrom(...socketNames);
const room = fc.constantFrom(...roomNames);
const names = fc.uniqueArray(fc.constantFrom(...userNames), { maxLength: 2 });

/** Something a connected socket asks for. */
function asked(
  what: string,
  socketName: string,
  model: (m: ChatModel) => Verdict,
  real: (r: Real) => Promise<Verdict>,
): Command {
  return {
    check: (m) => m.sockets.has(socketName),
    run: async (m, r) => expect([what, await real(r)]).toEqual([what, model(m)]),
    toString: () => what,
  };
}

const create = (by: string, roomName: string, whitelistOnly: boolean): Command => ({
  check: (m) => m.sockets.has(by),
  run: async (m, r) => {
    const verdict = m.create(by, roomName, whitelistOnly);
    expect(await r.ask(by, 'roomCreate', r.name(roomName), whitelistOnly)).toEqual(verdict);
    if ('code' in verdict) return;
    await r.watch(by, roomName);
    const made = m.rooms.get(roomName);
    for (const name of witnessNames) {
      made?.lists.adminlist.add(name);
      made?.occupants.set(name, new Set([name]));
    }
  },
  toString: () => `${by} creates ${roomName}${whitelistOnly ? ' closed' : ''}`,
});

const edit = (by: string, roomName: string, list: ListName, named: readonly string[], adding: boolean): Command =>
  asked(
    `${by} ${adding ? 'adds' : 'removes'} ${named.join(',')} ${adding ? 'to' : 'from'} ${roomName} ${list}`,
    by,
    (m) => m.edit(by, roomName, list, named, adding),
    (r) => {
      const method = adding ? 'roomAddToList' : 'roomRemoveFromList';
      return r.ask(
        by,
        method,
        r.name(roomName),
        list,
        named.map((name) => r.name(name)),
      );
    },
  );

const changeOwner = (roomName: string, owner: string | undefined): Command => ({
  check: () => true,
  run: async (m, r) => {
    const given = owner === undefined ? null : r.name(owner);
    expect(await r.api('changeRoomOwner', { roomName: r.name(roomName), owner: given })).toEqual(
      m.changeOwner(roomName, owner),
    );
  },
  toString: () => `${roomName} is given to ${owner ?? 'nobody'}`,
});

const { connect, disconnect, kill } = livesOf<ChatModel, Real>({ ownerOf: (name) => name.slice(0, -1), nodeOf });

/** The suite's own numbering of messages, so that each is another. */
let texts = 0;

export const commands: fc.Arbitrary<Command>[] = [
  fc.tuple(socket, room, fc.boolean()).map(([by, roomName, closed]) => create(by, roomName, closed)),
  fc.tuple(socket, room).map(([by, roomName]) =>
    asked(
      `${by} deletes ${roomName}`,
      by,
      (m) => m.delete(by, roomName),
      (r) => r.ask(by, 'roomDelete', r.name(roomName)),
    ),
  ),
  ...[0, 1].map(() =>
    fc.tuple(socket, room).map(([by, roomName]) =>
      asked(
        `${by} joins ${roomName}`,
        by,
        (m) => m.join(by, roomName),
        (r) => r.ask(by, 'roomJoin', r.name(roomName)),
      ),
    ),
  ),
  fc.tuple(socket, room).map(([by, roomName]) =>
    asked(
      `${by} leaves ${roomName}`,
      by,
      (m) => m.leave(by, roomName),
      (r) => r.ask(by, 'roomLeave', r.name(roomName)),
    ),
  ),
  ...[0, 1].map(() =>
    fc.tuple(socket, room).map(([by, roomName]) => {
      const text = `text ${++texts}`;
      return asked(
        `${by} posts to ${roomName}`,
        by,
        (m) => m.post(by, roomName, text),
        (r) => r.ask(by, 'roomMessage', r.name(roomName), { text }),
      );
    }),
  ),
  ...[0, 1].map(() =>
    fc
      .tuple(socket, room, fc.constantFrom(...listNames), names, fc.boolean())
      .map(([by, roomName, list, named, adding]) => edit(by, roomName, list, named, adding)),
  ),
  fc.tuple(socket, room, fc.boolean()).map(([by, roomName, mode]) =>
    asked(
      `${by} ${mode ? 'closes' : 'opens'} ${roomName}`,
      by,
      (m) => m.setMode(by, roomName, mode),
      (r) => r.ask(by, 'roomSetWhitelistMode', r.name(roomName), mode),
    ),
  ),
  fc
    .tuple(room, fc.option(fc.constantFrom(...userNames), { nil: undefined }))
    .map(([roomName, owner]) => changeOwner(roomName, owner)),
  socket.map(connect),
  socket.map(connect),
  socket.map(disconnect),
  fc.constantFrom(0, 1).map(kill),
];
