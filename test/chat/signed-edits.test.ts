// What has to be signed of rooms that people belong to: which text, by whom, and what a signature is worth when the request is refused.
import { describe, expect, test } from '@jest/globals';
import { onceSigned, signatureOf, type EditToSign } from '../../src/chat/access/signed-edits.ts';
import type { ChatSettings, Services } from '../../src/chat/services.ts';
import { Failure } from '../../src/protocol/errors/errors.ts';
import type { Signature } from '../../src/protocol/connection.ts';
import type { Signing } from '../../src/store/signed.ts';
import { signatureSecret, signed } from '../support/signing.ts';

type Secrets = Pick<ChatSettings, 'blacklistSecret' | 'membersSecret'>;
const both: Secrets = { blacklistSecret: signatureSecret, membersSecret: signatureSecret };

/** What is found of an edit by ann that was signed so. */
function found(edit: Omit<EditToSign, 'options'>, text: string, secrets = both): unknown {
  // Nothing else of them is looked at.
  const services = { settings: secrets, instance: { redisNow: () => Date.now() } } as unknown as Services;
  const { signature } = signed(text, { nonce: 'one' }) as unknown as { signature: Signature };
  const ann = { userName: 'ann' };
  const shown = signatureOf(services, ann, { ...edit, options: { signature } });
  expect(signatureOf(services, ann, { ...edit, options: {} })).toBe(shown === undefined ? undefined : 'bad');
  return typeof shown === 'object' ? shown.nonce : shown;
}

describe('a signature', () => {
  test('is over the verb, the user, the room but of one that is made, and the names in the order of their bytes', () => {
    const names = { userNames: ['\u{1F600}', 'bob', '\u{E000}', 'Zoe'] };
    const sorted = 'Zoe:bob:\u{E000}:\u{1F600}';
    expect(found({ verb: 'create', roomName: '', ...names }, `create:ann:${sorted}`)).toBe('one');
    for (const verb of ['invite', 'kick', 'block', 'unblock'] as const) {
      expect(found({ verb, roomName: 'den', ...names }, `${verb}:ann:den:${sorted}`)).toBe('one');
      expect(found({ verb, roomName: 'den', ...names }, `${verb}:bea:den:${sorted}`)).toBe('bad');
      expect(found({ verb, roomName: 'attic', ...names }, `${verb}:ann:den:${sorted}`)).toBe('bad');
    }
    expect(found({ verb: 'kick', roomName: 'den', ...names }, `invite:ann:den:${sorted}`)).toBe('bad');
    expect(found({ verb: 'create', roomName: '', userNames: [] }, 'create:ann:')).toBe('one');
    // Of oneself.
    expect(found({ verb: 'invite', roomName: 'den', userNames: ['ann'] }, 'invite:ann:den:ann')).toBe('one');
  });

  test('is asked for of what the service says, by sockets', () => {
    const invite = { verb: 'invite', roomName: 'den', userNames: ['bob'] } as const;
    const block = { ...invite, verb: 'block' } as const;
    for (const [edit, kind] of [
      [invite, 'membersSecret'],
      [block, 'blacklistSecret'],
    ] as const) {
      const text = `${edit.verb}:ann:den:bob`;
      expect(found(edit, text, { ...both, [kind]: undefined })).toBeUndefined();
      const none = { blacklistSecret: undefined, membersSecret: undefined };
      expect(found(edit, text, { ...none, [kind]: signatureSecret })).toBe('one');
    }
    const services = { settings: both, instance: { redisNow: () => 0 } } as unknown as Services;
    expect(signatureOf(services, undefined, invite)).toBeUndefined();
  });
});

describe('what is signed and done on another slot', () => {
  const nonce = { nonce: 'one', keptUntil: 1 };

  /** What has come of it, and which nonces are used up then. */
  async function outcome(signing: Signing, act: () => Promise<string>, used = new Set<string>()): Promise<unknown[]> {
    const users = {
      useNonce: async (userName: string, { nonce: name }: { nonce: string }) => {
        const isUsed = used.has(`${userName} ${name}`);
        used.add(`${userName} ${name}`);
        return isUsed ? 'used' : 'ok';
      },
      giveNonceBack: async (userName: string, name: string) => void used.delete(`${userName} ${name}`),
    };
    const services = { users } as unknown as Services;
    const done = await onceSigned(services, 'ann', signing, act, (word) => word === 'roomExists').catch(String);
    return [done instanceof Failure ? done.code : done, ...used];
  }

  test('is done once; refused, it may be asked for again, and where nobody knows it may not', async () => {
    const never = (): Promise<string> => Promise.reject(new Error('never'));
    expect(await outcome(nonce, async () => 'done')).toEqual(['done', 'ann one']);
    expect(await outcome(nonce, never, new Set(['ann one']))).toEqual(['badSignature', 'ann one']);
    expect(await outcome('bad', never)).toEqual(['badSignature']);
    expect(await outcome(undefined, async () => 'done')).toEqual(['done']);
    expect(await outcome(nonce, async () => 'roomExists')).toEqual(['roomExists']);
    expect(await outcome(nonce, () => Promise.reject(new Error('away')))).toEqual(['Error: away', 'ann one']);
  });
});
