// Who belongs to a room, whether online or not: who may change that, what each change is to everybody concerned, and in which order they hear of it.
import { describe, expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { Rpc, User } from '../support/rpc.ts';
import { about, fenceRoom, fenceUser, field, until, type World } from './world.ts';

export function memberSuite(world: World): void {
  describe('members of a room', () => {
    adding(world);
    removing(world);
    oneself(world);
    roles(world);
    reading(world);
    deleting(world);
    away(world);
  });
}

interface Cast {
  readonly room: string;
  readonly owner: User;
  readonly ann: User;
  readonly bob: User;
}

async function cast(world: World): Promise<Cast> {
  const [owner, ann, bob] = [await world.login(0), await world.login(1), await world.login(1)];
  return { room: await world.room(owner, owner), owner, ann, bob };
}

const done = (...names: string[]): object => ({ done: names, failed: [] });
const membersIn = async (reader: Rpc, room: string): Promise<Value[]> => {
  const page = await reader.call('roomMembersGet', room);
  const members = field(page, 'members');
  return Array.isArray(members)
    ? members.map((member) => [field(member, 'userName'), field(member, 'role')] as Value)
    : [];
};

function adding(world: World): void {
  test('are added: the room hears of them, each hears of the room, on whatever node, and both once', async () => {
    const { room, owner, ann, bob } = await cast(world);
    const onlooker = await world.login(1);
    await onlooker.call('roomJoin', room);
    const sibling = await world.login(0, ann.userName);
    const names = [ann.userName, bob.userName];
    expect(await owner.call('roomMembersAdd', room, names)).toEqual(done(...names));
    const told = ['roomMembersAdded', room, [...names, owner.userName], owner.userName];
    expect(about(owner, room)).toContainEqual(told);
    const invitation = { roomName: room, by: owner.userName, attributes: {} };
    for (const user of [ann, bob, sibling]) expect(await user.next('roomInvited')).toEqual([invitation]);
    // Again it is nothing new; the names are done.
    expect(await owner.call('roomMembersAdd', room, [...names, ...names])).toEqual(done(...names));
    await fenceRoom(owner, room, owner, onlooker);
    await fenceUser(ann, sibling);
    expect(about(onlooker, room).filter(([name]) => name === 'roomMembersAdded')).toEqual([told]);
    expect(sibling.heard('roomInvited')).toHaveLength(1);
    expect(about(ann, room)).toEqual([]);
  });

  test('are judged one by one: what is no name, who is unknown or banned is not added, and the others are', async () => {
    const { room, owner, ann, bob } = await cast(world);
    await owner.call('roomAddToList', room, 'blacklist', [bob.userName]);
    const names = ['a:b', 'nobody here', bob.userName, ann.userName];
    expect(await owner.call('roomMembersAdd', room, names)).toMatchObject({
      done: [ann.userName],
      failed: [
        { userName: 'a:b', error: { code: 'noUser', args: ['a:b'] } },
        { userName: 'nobody here', error: { code: 'noUser', args: ['nobody here'] } },
        { userName: bob.userName, error: { code: 'notAllowed' } },
      ],
    });
    expect(await owner.call('roomMembersAdd', room, ['a:b'])).toMatchObject({ done: [] });
    expect(await owner.call('roomMembersAdd', room, [])).toEqual(done());
    const none = world.fresh('none');
    expect(await owner.refusal('roomMembersAdd', none, [])).toMatchObject({ code: 'noRoom', args: [none] });
  });

  test('are added by members, who hear it though they have not joined; not by strangers', async () => {
    const { room, owner, ann, bob } = await cast(world);
    expect(await ann.refusal('roomMembersAdd', room, [bob.userName])).toMatchObject({ code: 'notAllowed' });
    await owner.call('roomMembersAdd', room, [ann.userName]);
    expect(await ann.call('roomMembersAdd', room, [bob.userName])).toEqual(done(bob.userName));
    expect(about(ann, room)).toEqual([['roomMembersAdded', room, [bob.userName], ann.userName]]);
    expect(await bob.next('roomInvited')).toMatchObject([{ by: ann.userName }]);
    // Two who add the same user at once: it is told once.
    const cid = await world.login(0);
    const both = [owner, ann].map((user) => user.call('roomMembersAdd', room, [cid.userName]));
    expect(await Promise.all(both)).toEqual([done(cid.userName), done(cid.userName)]);
    await fenceRoom(owner, room, owner);
    await cid.next('roomInvited');
    await fenceUser(await world.login(1, cid.userName), cid);
    expect(cid.heard('roomInvited')).toHaveLength(1);
    const told = owner
      .heard('roomMembersAdded')
      .filter(([, names]) => Array.isArray(names) && names[0] === cid.userName);
    expect(told).toHaveLength(1);
  });
}

function removing(world: World): void {
  test('who are removed are out of a closed room: list, then leaving, then the users themselves', async () => {
    const { room, owner, ann, bob } = await cast(world);
    await owner.call('roomSetWhitelistMode', room, true);
    const names = [ann.userName, bob.userName];
    await owner.call('roomMembersAdd', room, names);
    for (const user of [ann, bob]) await user.call('roomJoin', room);
    const sibling = await world.login(0, ann.userName);
    expect(await ann.refusal('roomMembersRemove', room, [bob.userName])).toMatchObject({ code: 'notAllowed' });
    expect(await owner.call('roomMembersRemove', room, [...names, owner.userName, 'a:b'])).toMatchObject({
      done: names,
      failed: [
        { userName: owner.userName, error: { code: 'notAllowed' } },
        { userName: 'a:b', error: { code: 'noUser', args: ['a:b'] } },
      ],
    });
    const heard = about(owner, room).map(([name]) => name);
    expect(heard.slice(heard.indexOf('roomMembersRemoved'))).toEqual([
      'roomMembersRemoved',
      'roomUserLeft',
      'roomUserLeft',
    ]);
    for (const user of [ann, sibling, bob]) {
      expect(await user.next('roomKicked')).toEqual([{ roomName: room, by: owner.userName }]);
      expect(user.heard('roomAccessRemoved')).toEqual([[room]]);
    }
    expect(await ann.refusal('roomMessage', room, { text: 'still' })).toMatchObject({ code: 'notJoined' });
    expect(await ann.refusal('roomJoin', room)).toMatchObject({ code: 'notAllowed' });
    expect(await owner.call('roomMembersRemove', room, names)).toEqual(done(...names));
    await fenceUser(ann, sibling);
    expect(sibling.heard('roomKicked')).toHaveLength(1);
  });

  test('who are removed stay in an open room; admins remove others, but no admin, and are none once they are removed', async () => {
    const { room, owner, ann, bob } = await cast(world);
    const adam = await world.login(1);
    await owner.call('roomMembersAdd', room, [ann.userName, bob.userName, adam.userName]);
    for (const admin of [adam, bob]) await owner.call('roomRoleSet', room, admin.userName, 'admin');
    await ann.call('roomJoin', room);
    expect(await adam.call('roomMembersRemove', room, [ann.userName, bob.userName])).toMatchObject({
      done: [ann.userName],
      failed: [{ userName: bob.userName }],
    });
    expect(await ann.call('roomMessage', room, { text: 'still here' })).toBe(1);
    await owner.call('roomMembersRemove', room, [bob.userName]);
    expect(await bob.refusal('roomMembersGet', room)).toMatchObject({ code: 'notJoined' });
    expect(await owner.call('roomGetAccessList', room, 'adminlist')).toEqual([adam.userName]);
  });
}

function oneself(world: World): void {
  test('join and quit by themselves, and their other sockets hear of it', async () => {
    const { room, owner, ann } = await cast(world);
    const sibling = await world.login(0, ann.userName);
    expect(await ann.call('roomMemberJoin', room)).toBeNull();
    expect(await sibling.next('roomInvited')).toMatchObject([{ roomName: room, by: ann.userName }]);
    expect(await ann.call('roomMemberJoin', room)).toBeNull();
    expect(await membersIn(ann, room)).toEqual(
      [
        [owner.userName, 'owner'],
        [ann.userName, 'member'],
      ].toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1)),
    );
    expect(await ann.call('roomMemberQuit', room)).toBeNull();
    expect(await ann.call('roomMemberQuit', room)).toBeNull();
    expect(await sibling.next('roomKicked')).toEqual([{ roomName: room, by: ann.userName }]);
    expect([...ann.heard('roomInvited'), ...ann.heard('roomKicked')]).toEqual([]);
    expect(about(ann, room).map(([name]) => name)).toEqual(['roomMembersAdded', 'roomMembersRemoved']);
    expect(await owner.refusal('roomMemberQuit', room)).toMatchObject({ code: 'notAllowed' });
    await owner.call('roomSetWhitelistMode', room, true);
    expect(await ann.refusal('roomMemberJoin', room)).toMatchObject({ code: 'notAllowed' });
    const none = world.fresh('none');
    for (const method of ['roomMemberJoin', 'roomMemberQuit']) {
      expect(await ann.refusal(method, none)).toMatchObject({ code: 'noRoom', args: [none] });
    }
  });

  test('who are members are admitted to a closed room, and whoever quits it is out before it is answered', async () => {
    const { room, owner, ann } = await cast(world);
    await ann.call('roomJoin', room);
    await ann.call('roomMemberJoin', room);
    await owner.call('roomSetWhitelistMode', room, true);
    expect(await ann.call('roomMessage', room, { text: 'in' })).toBe(1);
    expect(await ann.call('roomMemberQuit', room)).toBeNull();
    expect(
      about(ann, room)
        .map(([name]) => name)
        .slice(-2),
    ).toEqual(['roomMembersRemoved', 'roomAccessRemoved']);
    expect(await ann.refusal('roomMessage', room, { text: 'out' })).toMatchObject({ code: 'notJoined' });
  });

  test('a banned member stays one, but is out, and reads nothing until it is banned no more', async () => {
    const { room, owner, ann } = await cast(world);
    await owner.call('roomMembersAdd', room, [ann.userName]);
    await ann.call('roomJoin', room);
    await owner.call('roomAddToList', room, 'blacklist', [ann.userName]);
    expect(await ann.next('roomAccessRemoved')).toEqual([room]);
    expect(await ann.refusal('roomMembersGet', room)).toMatchObject({ code: 'notJoined' });
    expect((await membersIn(owner, room)).map((member) => Array.isArray(member) && member[0])).toContain(ann.userName);
    await owner.call('roomRemoveFromList', room, 'blacklist', [ann.userName]);
    expect(await membersIn(ann, room)).toHaveLength(2);
    expect(ann.heard('roomKicked')).toEqual([]);
  });
}

function roles(world: World): void {
  test('have roles, which the owner gives, and everybody hears of', async () => {
    const { room, owner, ann, bob } = await cast(world);
    await owner.call('roomMembersAdd', room, [ann.userName]);
    expect(await owner.call('roomRoleSet', room, ann.userName, 'admin')).toBeNull();
    expect(await owner.call('roomRoleSet', room, ann.userName, 'admin')).toBeNull();
    const ofList = [room, 'adminlist', [ann.userName]];
    expect(about(owner, room).slice(-2)).toEqual([
      ['roomAccessListAdded', ...ofList],
      ['roomRoleChanged', room, ann.userName, 'admin', owner.userName],
    ]);
    for (const stranger of [ann, bob]) {
      expect(await stranger.refusal('roomRoleSet', room, ann.userName, 'member')).toMatchObject({ code: 'notAllowed' });
    }
    expect(await owner.refusal('roomRoleSet', room, bob.userName, 'admin')).toMatchObject({
      code: 'noMember',
      args: [bob.userName],
    });
    expect(await owner.refusal('roomRoleSet', room, ann.userName, 'owner')).toMatchObject({ code: 'notAllowed' });
    expect(await owner.refusal('roomRoleSet', room, owner.userName, 'member')).toMatchObject({ code: 'notAllowed' });
    expect(await owner.refusal('roomRoleSet', room, ann.userName, 'king')).toMatchObject({ code: 'badArgument' });
    await owner.call('roomLeave', room);
    expect(await owner.call('roomRoleSet', room, ann.userName, 'member')).toBeNull();
    // It is not in the room, and hears of what it has done.
    expect(about(owner, room).at(-1)).toEqual(['roomRoleChanged', room, ann.userName, 'member', owner.userName]);
    expect(await membersIn(ann, room)).toContainEqual([ann.userName, 'member']);
  });
}

function reading(world: World): void {
  test('are read page by page in the order of their names, with who is online', async () => {
    const { room, owner, ann, bob } = await cast(world);
    await owner.call('roomMembersAdd', room, [ann.userName, bob.userName]);
    bob.raw.close();
    await eventually(async () => {
      const page = await ann.call('roomMembersGet', room, { limit: 2 });
      const names = [owner, ann, bob].map(({ userName }) => userName).toSorted();
      expect(page).toEqual({
        members: names.slice(0, 2).map((userName) => ({
          userName,
          role: userName === owner.userName ? 'owner' : 'member',
          online: userName !== bob.userName,
        })),
        cursor: names[1],
        count: 3,
      });
      expect(await ann.call('roomMembersGet', room, { cursor: field(page, 'cursor') ?? null })).toMatchObject({
        members: [{ userName: names[2], online: names[2] !== bob.userName }],
        cursor: null,
      });
    });
    const stranger = await world.login(0);
    await ann.call('directAddToList', 'blacklist', [owner.userName]);
    for (const [reader, hidden] of [
      [owner, ann],
      [ann, owner],
    ] as const) {
      const { members } = Object(await reader.call('roomMembersGet', room)) as {
        members: { userName: string; online: boolean }[];
      };
      expect(members.find(({ userName }) => userName === hidden.userName)).toMatchObject({ online: false });
      expect(members.find(({ userName }) => userName === reader.userName)).toMatchObject({ online: true });
    }
    expect(await stranger.refusal('roomMembersGet', room)).toMatchObject({ code: 'notJoined', args: [room] });
  });
}

function deleting(world: World): void {
  test('hear that a room is gone, wherever they are, and belong to it no more', async () => {
    const { room, owner, ann, bob } = await cast(world);
    const ownerToo = await world.login(1, owner.userName);
    await owner.call('roomMembersAdd', room, [ann.userName, bob.userName]);
    await ann.call('roomJoin', room);
    await owner.call('roomDelete', room);
    for (const user of [ann, bob, ownerToo]) {
      expect(await until(user, 'roomKicked', ([kick]) => field(kick, 'roomName') === room)).toEqual([
        { roomName: room, by: owner.userName },
      ]);
    }
    // By the room, and not behind what its user is told.
    expect(await ann.next('roomAccessRemoved')).toEqual([room]);
    expect(ann.heard('roomAccessRemoved')).toHaveLength(1);
    expect([bob.heard('roomAccessRemoved'), owner.heard('roomKicked')]).toEqual([[], []]);
    await owner.call('roomCreate', room);
    expect(await bob.refusal('roomMembersGet', room)).toMatchObject({ code: 'notJoined' });
  });
}

function away(world: World): void {
  test('who are away find in their inbox what became of them', async () => {
    const { room, owner, ann } = await cast(world);
    const { userName } = ann;
    const { inbox } = ann.authData;
    ann.raw.close();
    await owner.call('roomMembersAdd', room, [userName]);
    await owner.call('roomMembersRemove', room, [userName]);
    await owner.call('roomMembersAdd', room, [userName]);
    const back = await world.login(0, userName, world.format, { inbox: { ...inbox } });
    const heard = (): string[] =>
      back.received.flatMap((entry) =>
        'name' in entry && /^room(Invited|Kicked)$/.test(entry.name) ? [entry.name] : [],
      );
    await eventually(() => expect(heard()).toEqual(['roomInvited', 'roomKicked', 'roomInvited']));
  });
}
