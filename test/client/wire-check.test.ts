// The check that every test client applies to what it receives: that it notices what the catalogue does not allow.
import { expect, test } from '@jest/globals';
import { requests } from '../../src/protocol/catalogue.ts';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import { fail, toErrorValue } from '../../src/protocol/errors/errors.ts';
import { createWireCheck } from '../support/wire-check.ts';

test.each(['msgpack', 'json'] as const)('%s: finds what is not declared, and nothing in what is', (format) => {
  const codec = createCodec(format);
  const check = createWireCheck(format);
  const ask = (id: number, method: string): void => check.onFrame('out', codec.encodeRequest(id, method, []));
  const receive = (frame: Uint8Array | string): string[] => {
    check.onFrame('in', frame);
    return check.violations.splice(0);
  };
  for (const id of [1, 2, 3, 4, 5]) ask(id, 'roomHistoryInfo');
  expect(receive(codec.encodeResponse(1, null, requests.roomHistoryInfo.example.result))).toEqual([]);
  expect(receive(codec.encodeResponse(2, toErrorValue(fail('noRoom', ['lobby'])), null))).toEqual([]);
  expect(receive(codec.encodeNotification('roomUserLeft', ['lobby', 'bob']))).toEqual([]);

  expect(receive(codec.encodeResponse(3, null, { epoch: 'e1' }))).toEqual([
    'result of roomHistoryInfo: {"epoch":"e1"}',
  ]);
  expect(receive(codec.encodeResponse(3, null, 1))).toEqual(['an answer to 3, which was not asked or is answered']);
  expect(receive(codec.encodeResponse(4, toErrorValue(fail('roomExists', ['lobby'])), null))).toHaveLength(1);
  const forever = { ...toErrorValue(fail('unavailable')), temporary: false };
  expect(receive(codec.encodeResponse(5, forever, null))).toHaveLength(1);
  expect(receive(codec.encodeNotification('roomMessage', ['lobby', { author: 'bob' }]))).toHaveLength(1);
  expect(receive(codec.encodeNotification('roomUserLeft', ['lobby']))).toHaveLength(1);
  expect(receive(codec.encodeNotification('roomRenamed', []))).toHaveLength(1);
  expect(receive(format === 'json' ? '[' : new Uint8Array([0xc1]))).toHaveLength(1);
});
