// The scan: what it accepts can be decoded, and what attacks a decoder is refused before anything is allocated.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { Decoder } from '@msgpack/msgpack';
import fc from 'fast-check';
import { hashOf, KeySet } from '../../src/protocol/wire/key-set.ts';
import { decodeTrusted, encodeValue } from '../../src/protocol/wire/msgpack.ts';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import { lastScan, scanReason, scanValue } from '../../src/protocol/wire/scan.ts';
import { cpuMsOf } from '../support/cpu-time.ts';
import { anyMap, anyValue } from './arbitraries.ts';
import { concat, hex, repeat } from './frames.ts';

const DEPTH = 16;
const VALUES = 4096;

const scan = (bytes: Uint8Array): number => scanValue(bytes, 0, DEPTH, VALUES);

test('what the library encodes is accepted, to its last byte', () => {
  fc.assert(
    fc.property(anyValue, fc.uint8Array({ maxLength: 3 }), (value, behind) => {
      const bytes = encodeValue(value);
      expect(scan(concat(bytes, behind))).toBe(bytes.length);
    }),
  );
});

test('it tells whether values need a closer look', () => {
  const times = [1767225600500, -1767225600500, 0.5, -1e15, 2 ** 52, 'text', { $byte: 1 }];
  for (const value of times) {
    scan(encodeValue([value]));
    expect(lastScan.suspicious).toBe(false);
  }
  for (const value of [Number.NaN, Infinity, 2 ** 53, -(2 ** 53), 1e300, { a: { $bytes: 1 } }]) {
    scan(encodeValue([value]));
    expect(lastScan.suspicious).toBe(true);
    scan(encodeValue([1]));
    expect(lastScan.suspicious).toBe(false);
  }
});

test('a scan can start anywhere', () => {
  expect(scanValue(concat(hex('c1 c1'), encodeValue({ a: 1 })), 2, DEPTH, VALUES)).toBe(6);
});

test('any cut of a value is refused', () => {
  fc.assert(
    fc.property(anyMap, (value) => {
      const bytes = encodeValue([value, 'end']);
      // Every cut near either end, and some in the middle of large values.
      const step = Math.ceil(bytes.length / 500);
      const cuts = Array.from({ length: bytes.length }, (_, length) => length);
      const tried = cuts.filter((length) => length < 100 || bytes.length - length < 100 || length % step === 0);
      expect(tried.filter((length) => scan(bytes.subarray(0, length)) >= 0)).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

test('what is accepted decodes without a throw; anything else is a reason', () => {
  const decoder = new Decoder();
  let accepted = 0;
  const check = (bytes: Uint8Array): void => {
    const end = scan(bytes);
    if (end < 0) {
      expect(scanReason(end)).not.toBe('');
      return;
    }
    accepted++;
    expect(end).toBeLessThanOrEqual(bytes.length);
    expect(() => decoder.decode(bytes.subarray(0, end))).not.toThrow();
  };
  // Heads of containers are more likely than in plain random bytes, so that structures come about.
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0x81, 0x82, 0x91, 0x93, 0xa1, 0xc0, 0xcb, 0xd9, 0xdc, 0xde));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 30 }), (bytes) => check(Uint8Array.from(bytes))),
    { numRuns: 5000 },
  );
  expect(accepted).toBeGreaterThan(500);
});

describe('keys', () => {
  test('maps of any size with different keys pass, with one key twice they do not', () => {
    for (const size of [1, 2, 3, 15, 16, 100, 1000, 2000]) {
      const map = Object.fromEntries(Array.from({ length: size }, (_, i) => [`key-${i}`, i]));
      const bytes = encodeValue(map);
      expect(scan(bytes)).toBe(bytes.length);
      const twice = concat(hex('de'), Uint8Array.of((size + 1) >> 8, (size + 1) & 0xff), entries(bytes, size));
      expect(scanReason(scan(concat(twice, encodeValue(`key-${size - 1}`), hex('00'))))).toBe('map key twice');
    }
  });

  test('the same key in different maps passes', () => {
    const bytes = encodeValue(Array.from({ length: 500 }, () => ({ a: { a: { a: 1, b: 2 }, b: 3 }, b: 4 })));
    expect(scan(bytes)).toBeLessThan(0); // too many values for a request
    expect(scanValue(bytes, 0, DEPTH, 1 << 20)).toBe(bytes.length);
  });

  test('more keys than any request may have are told apart as well', () => {
    const map = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`key-${i}`, i]));
    const bytes = encodeValue(map);
    expect(scanValue(bytes, 0, DEPTH, 1 << 20)).toBe(bytes.length);
    const last = encodeValue('key-0').length + 1;
    const twice = concat(bytes.subarray(0, bytes.length - last), encodeValue('key-0'), hex('00'));
    expect(scanValue(twice, 0, DEPTH, 1 << 20)).toBeLessThan(0);
  });

  test('long keys that differ at the end only are not slow', () => {
    const keys = Array.from({ length: 60 }, (_, i) => `${'x'.repeat(1000)}${String.fromCharCode(65 + i)}`);
    const bytes = encodeValue(Object.fromEntries(keys.map((key) => [key, 1])));
    expect(scan(bytes)).toBe(bytes.length);
  });

  test('that all collide by the seed in use are told apart in the time that others take', () => {
    const seed = 12345;
    const text = new TextEncoder();
    const collide: Uint8Array[] = [];
    const others: Uint8Array[] = [];
    // By the slot of a table as it is at first, which is what a key is looked for by.
    for (let i = 0; collide.length < 3000; i++) {
      const key = text.encode(i.toString(36));
      if ((hashOf(seed, 1, key, 0, key.length) & 8191) < 64) collide.push(key);
      else if (others.length < 3000) others.push(key);
    }
    const timeOf = (keys: readonly Uint8Array[]): number => {
      const all = concat(...keys);
      const set = new KeySet(seed);
      const map = set.openMap();
      let at = 0;
      const took = cpuMsOf(() => {
        for (const key of keys) mustBeNew(set.add(map, all, at, (at += key.length)));
      });
      // And each is known.
      at = 0;
      for (const key of keys) if (set.add(map, all, at, (at += key.length))) throw new Error('forgotten');
      return took;
    };
    // Side by side, for the machine is not this test's alone.
    const [colliding, plain]: [number[], number[]] = [[], []];
    for (let run = 0; run < 40; run++) {
      colliding.push(timeOf(collide));
      plain.push(timeOf(others));
    }
    // One and a half times; without another seed eight times, and more with more keys.
    expect(Math.min(...colliding)).toBeLessThan(4 * Math.min(...plain));
  });

  function mustBeNew(added: boolean): void {
    if (!added) throw new Error('taken for another one');
  }

  function entries(map: Uint8Array, size: number): Uint8Array {
    return map.subarray(size < 16 ? 1 : 3);
  }
});

describe('hostile input is refused, and costs next to nothing', () => {
  const nested = repeat(hex('dc ff ff'), 20_000);
  const attacks: [string, Uint8Array][] = [
    ['arrays that claim 30 million, three times', repeat(hex('dd 01 c9 c3 80'), 3)],
    ['arrays of 65,535, 200 deep', repeat(hex('dc ff ff'), 200)],
    ['arrays of 65,535, 20,000 deep', nested],
    ['60,000 arrays inside each other', repeat(hex('91'), 60_000)],
    ['maps that claim 4 billion', repeat(hex('df ff ff ff ff'), 100)],
    ['a string that claims 4 GB', hex('db ff ff ff ff 61')],
    ['bytes that claim 4 GB', hex('c6 ff ff ff ff 61')],
    ['60,000 empty maps', concat(hex('dc ea 60'), repeat(hex('80'), 60_000))],
    [
      'arrays as large as what is left, 15 deep',
      concat(
        ...Array.from({ length: 15 }, (_, i) => Uint8Array.of(0xdc, (60_000 - i * 3) >> 8, (60_000 - i * 3) & 255)),
        repeat(hex('c0'), 60_000),
      ),
    ],
  ];

  test.each(attacks)('%s', (_, bytes) => {
    expect(scan(bytes)).toBeLessThan(0);
    expect(createCodec('msgpack').decodeFrame(bytes).malformed).toBeDefined();
  });

  test('the heap stays where it is', () => {
    setFlagsFromString('--expose-gc');
    // The flag makes `gc` a global of contexts made from now on.
    const collect = runInNewContext('gc') as () => void;
    const { decodeFrame } = createCodec('msgpack');
    const json = createCodec('json');
    const text = new TextEncoder();
    const deepText = text.encode('['.repeat(60_000));
    const wideText = text.encode(`[0,1,"a",[${Array(20_000).fill('[]').join()}]]`);
    const round = (): void => {
      for (const [, bytes] of attacks) decodeFrame(bytes);
      expect(json.decodeFrame(deepText).malformed).toBe('not decodable');
      expect(json.decodeFrame(wideText).malformed).toBe('too many values');
    };
    round();
    collect();
    const before = process.memoryUsage().heapUsed;
    let peak = 0;
    for (let i = 0; i < 20; i++) {
      round();
      peak = Math.max(peak, process.memoryUsage().heapUsed);
    }
    collect();
    // Uncollected garbage of 20 rounds of 11 frames of up to 64 KiB; the attacks aim at hundreds of megabytes each.
    expect(peak - before).toBeLessThan(100e6);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5e6);
  });

  test('maps with keys like the index of an array take what others take', () => {
    setFlagsFromString('--expose-gc');
    // As above.
    const collect = runInNewContext('gc') as () => void;
    const heapOf = (key: string): number => {
      const bytes = encodeValue(Array.from({ length: 1300 }, () => ({ [key]: 0 })));
      decodeTrusted(bytes);
      collect();
      const before = process.memoryUsage().heapUsed;
      const value = decodeTrusted(bytes);
      const after = process.memoryUsage().heapUsed;
      expect(value).toHaveLength(1300);
      return after - before;
    };
    const plain = heapOf('key1');
    for (const key of ['1023', '333', '15', '4000', '123456789']) expect(heapOf(key)).toBeLessThan(20 * plain + 1e6);
  });

  test('and are what they were', () => {
    const maps = [
      { '1023': 1, '7': [{ '99': { '12': 'x' } }] },
      { '\u0001': 1, '\u000112': 2, '12': 3, '012': 4, '12a': 5, '4294967294': 6, '4294967295': 7, '99999999999': 8 },
      { '15': Uint8Array.of(1), a: null },
    ];
    for (const map of maps) {
      expect(decodeTrusted(encodeValue(map))).toEqual(map);
      expect(createCodec('msgpack').decodeFrame(encodeValue([0, 1, 'a', [map]])).messages).toMatchObject([
        { params: [map] },
      ]);
      const text = createCodec('json').encodeRequest(1, 'a', [map]);
      expect(createCodec('json').decodeFrame(Buffer.from(text)).messages).toMatchObject([{ params: [map] }]);
    }
  });
});
