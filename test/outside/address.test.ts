// IP addresses and ranges: that every spelling of one comes out as one, and which ranges nothing can come from.
import { describe, expect, test } from '@jest/globals';
import { AddressList, canonicalAddress, canonicalRange } from '../../src/outside/address.ts';

describe('an address', () => {
  test.each([
    ['192.0.2.1', ['192.0.2.1', ' 192.0.2.1\t', '192.0.2.1:4711', '"192.0.2.1:4711"', '[192.0.2.1]:80']],
    [
      '192.0.2.1',
      [
        '::ffff:192.0.2.1',
        '::FFFF:C000:201',
        '[::ffff:192.0.2.1]:4711',
        '0:0:0:0:0:ffff:192.0.2.1',
        '0000:0000:0000:0000:0000:ffff:c000:0201',
      ],
    ],
    [
      '2001:db8::1',
      [
        '2001:db8::1',
        '2001:DB8::1',
        '2001:0db8:0000:0000:0000:0000:0000:0001',
        '[2001:db8::1]',
        '[2001:db8::1]:443',
        '"[2001:db8::1]:443"',
        '2001:db8::1%eth0',
        '[2001:db8:0::1%25eth0]:443',
      ],
    ],
    ['::1', ['::1', '0:0:0:0:0:0:0:1', '[::1]:8080']],
  ])('%s is one in whatever form it is written', (canonical, forms) => {
    for (const form of forms) expect([form, canonicalAddress(form)]).toEqual([form, canonical]);
  });

  test('is what it says, or none', () => {
    const none = [
      '',
      'unknown',
      '_gazonk',
      'localhost',
      '1.2.3',
      '256.1.1.1',
      '0x7f.1',
      '010.0.0.1',
      '1.2.3.4:',
      ':80',
    ];
    for (const text of [...none, '[::1', '::1]', '1::2::3', '[]', '1.2.3.4:port', '1.2.3.4,5.6.7.8', '10.0.0.0/8']) {
      expect([text, canonicalAddress(text)]).toEqual([text, undefined]);
    }
  });
});

describe('a range', () => {
  test.each([
    ['10.0.0.0/8', ['10.0.0.0/8', '10.0.0.0/255.0.0.0', '::ffff:10.0.0.0/104', '"10.0.0.0/8"', ' 10.0.0.0/8 ']],
    ['192.0.2.7', ['192.0.2.7', '::ffff:192.0.2.7', '[192.0.2.7]']],
    ['192.0.2.7/32', ['192.0.2.7/32', '192.0.2.7/255.255.255.255', '::ffff:c000:207/128']],
    ['0.0.0.0/0', ['0.0.0.0/0', '0.0.0.0/0.0.0.0', '::ffff:0:0/96']],
    ['fd00::/8', ['fd00::/8', 'FD00:0::/8', '[fd00::]/8']],
  ])('%s is one in whatever form it is written', (range, forms) => {
    for (const form of forms) expect([form, canonicalRange(form)]).toEqual([form, { range }]);
  });

  test('from which nothing can come is none', () => {
    const wrong = {
      'no IP address': ['', 'proxy', '10.0.0.0/8/8', '10.0.0.1-10.0.0.9', '10.*', '10.0.0.1:80', 'http://10.0.0.1'],
      prefix: ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/255.0.255.0', 'fd00::/129', '::ffff:10.0.0.0/8'],
      'no host': ['0.0.0.0', '::', '224.0.0.1', 'ff02::1', '255.255.255.255'],
    };
    for (const [expected, texts] of Object.entries(wrong)) {
      for (const text of texts) {
        expect([text, canonicalRange(text)]).toEqual([text, { problem: expect.stringContaining(expected) }]);
      }
    }
  });

  test('has the addresses in it, whichever bits its own has set', () => {
    const list = new AddressList(['10.1.2.3/8', 'fd00::1/8', '192.0.2.7']);
    for (const address of ['10.9.9.9', 'fdff::1', '192.0.2.7'])
      expect([address, list.has(address)]).toEqual([address, true]);
    for (const address of ['11.0.0.1', 'fe80::1', '192.0.2.8', 'unknown', '']) {
      expect([address, list.has(address)]).toEqual([address, false]);
    }
    expect(new AddressList([]).has('10.0.0.1')).toBe(false);
  });
});
