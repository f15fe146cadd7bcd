/**
 * The wills of a user's sockets, in the user's slot: what is posted for one that goes without a word. A logout of a socket that has one
 * is refused until it is settled (user/logout-user.lua), so whoever logs it out posts it first. Every method is one script. Rejects
 * with `StateUnavailable` where Redis cannot be asked.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { bytes, done, nothing, optional, yes } from '../../redis/reply.ts';
import { flag, scriptsBeside } from '../../redis/script.ts';

const script = scriptsBeside(import.meta.url);

const keepWill = script('keep-will', {
  keys: ['sockets', 'wills'],
  args: ['socket', 'will'],
  refuses: ['lost'],
  gives: done,
});

const readWill = script('read-will', {
  keys: ['sockets', 'wills'],
  args: ['socket'],
  whenFull: true,
  gives: { will: optional(bytes), isBack: yes },
});

const endWill = script('end-will', {
  keys: ['wills'],
  args: ['socket', 'sentAway'],
  whenFull: true,
  gives: nothing,
});

/** Before a will: its socket was not sent away. */
const HERE = Buffer.of(0);

export class WillStore {
  readonly #commands: Commands;
  readonly #keys: Pick<Keyspace, 'user'>;

  constructor(commands: Commands, keys: Pick<Keyspace, 'user'>) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** `lost`: the socket is not there. */
  keep(userName: string, socket: string, will: Uint8Array): Promise<'ok' | 'lost'> {
    return this.#commands.run(keepWill, this.#keys.user(userName), { socket, will: Buffer.concat([HERE, will]) });
  }

  /** `isBack`: the socket was sent away, and the user is on another node. Undefined where there is none. */
  async read(userName: string, socket: string): Promise<{ will: Uint8Array; isBack: boolean } | undefined> {
    const { will, isBack } = await this.#commands.run(readWill, this.#keys.user(userName), { socket });
    return will === undefined ? undefined : { will, isBack };
  }

  /** It was posted, or is not to be. */
  async forget(userName: string, socket: string): Promise<void> {
    await this.#commands.run(endWill, this.#keys.user(userName), { socket, sentAway: flag(false) });
  }

  /** The socket is sent away as its node ends: whoever finds it gone posts the will only where the user has not come back. */
  async sendAway(userName: string, socket: string): Promise<void> {
    await this.#commands.run(endWill, this.#keys.user(userName), { socket, sentAway: flag(true) });
  }
}
