/** The keys that resume tokens are signed with: one set of two for the service, which changes by itself. */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { newEpoch, newSecret } from '../../redis/tokens.ts';
import { resumeKeys } from './user-scripts.ts';

export interface ResumeKey {
  /** Names it in the tokens that it has signed. */
  readonly id: string;
  /** 256 bits. */
  readonly secret: Buffer;
}

export class ResumeKeyStore {
  readonly #commands: Commands;
  readonly #keys: Pick<Keyspace, 'resumeKeys'>;
  readonly #periodMs: number;

  /** `periodMs`: how long a key signs, which is at least how long what it has signed is good. */
  constructor(commands: Commands, keys: Pick<Keyspace, 'resumeKeys'>, periodMs: number) {
    this.#commands = commands;
    this.#keys = keys;
    this.#periodMs = periodMs;
  }

  /** Newest first; at least one, made now where it is time for another. Rejects with `StateUnavailable`. */
  async read(): Promise<ResumeKey[]> {
    const args = { offered: `${newEpoch()} ${newSecret()}`, periodMs: this.#periodMs };
    const found = await this.#commands.run(resumeKeys, { resumeKeys: this.#keys.resumeKeys }, args);
    return found.map((entry) => {
      const [, id = '', secret = ''] = entry.split(' ');
      return { id, secret: Buffer.from(secret, 'base64url') };
    });
  }
}
