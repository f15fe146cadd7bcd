// Long strings are written as the library writes them, and faster.
import { Encoder } from '@msgpack/msgpack';
import { expect, test } from '@jest/globals';
import { cpuMsOf } from '../support/cpu-time.ts';
import { withLongStrings } from '../../src/protocol/wire/long-strings.ts';

const plain = new Encoder();
const quick = withLongStrings(new Encoder());

test('strings of every length and width are the same bytes as without it, alone and among other values', () => {
  const units = ['x', 'ä', '€', '😀', '\ud800', 'x\udfff'];
  for (const length of [0, 1, 31, 32, 66, 85, 127, 199, 200, 201, 255, 256, 21_845, 32_767, 65_535, 65_536, 100_000]) {
    for (const unit of units) {
      const text = unit.repeat(Math.ceil(length / unit.length));
      const among = [1, { [text]: [text, null, text] }, 'end'];
      for (const value of [text, among]) {
        // Compared by Buffer: a matcher goes through them one by one.
        const isSame = Buffer.from(quick.encode(value)).equals(plain.encode(value));
        expect([unit, text.length, isSame]).toEqual([unit, text.length, true]);
      }
    }
  }
});

test('long ones are written faster than by the library, so it asks for them', () => {
  const text = 'x'.repeat(16_000);
  const timeOf = (encoder: Encoder): number =>
    cpuMsOf(() => {
      for (let i = 0; i < 2000; i++) encoder.encodeSharedRef(text);
    });
  for (const encoder of [plain, quick]) timeOf(encoder);
  expect(timeOf(quick) * 3).toBeLessThan(timeOf(plain));
});
