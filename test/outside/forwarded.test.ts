// What proxies tell: both families of headers in the forms that proxies write, and whose word counts.
import { describe, expect, test } from '@jest/globals';
import { AddressList } from '../../src/outside/address.ts';
import { leastCpuMsOf } from '../support/cpu-time.ts';
import { clientAddress, readForwarded, type Forwarded, type ForwardedHeaders } from '../../src/outside/forwarded.ts';

const read = (kind: ForwardedHeaders, headers: Record<string, string>): Forwarded =>
  readForwarded(kind, (name) => headers[name] ?? '');

describe('X-Forwarded-*', () => {
  test('name addresses as a list, and hosts with or without their port', () => {
    const headers = {
      host: 'parley-1:8080',
      'x-forwarded-for': '192.0.2.1,  "[2001:db8::1]:443" ,10.0.0.1',
      'x-forwarded-host': 'Chat.example.com:443, inner.example',
      forwarded: 'for=6.6.6.6;host=evil.example',
    };
    expect(read('x-forwarded', headers)).toEqual({
      addresses: ['192.0.2.1', '"[2001:db8::1]:443"', '10.0.0.1'],
      hosts: ['parley-1:8080', 'chat.example.com', 'inner.example'],
    });
    const port = { host: 'chat.example.com', 'x-forwarded-port': '8443' };
    expect(read('x-forwarded', port)).toEqual({ addresses: [], hosts: ['chat.example.com', 'chat.example.com:8443'] });
    expect(read('x-forwarded', {})).toEqual({ addresses: [], hosts: [] });
  });
});

describe('Forwarded', () => {
  test('names both, in the forms of RFC 7239', () => {
    const headers = {
      host: 'parley-1:8080',
      forwarded:
        'for=192.0.2.60;proto=http; By=203.0.113.43, For="[2001:db8:cafe::17]:4711";host="chat.example.com:443" ,for=unknown',
      'x-forwarded-for': '6.6.6.6',
    };
    expect(read('forwarded', headers)).toEqual({
      addresses: ['192.0.2.60', '[2001:db8:cafe::17]:4711', 'unknown'],
      hosts: ['parley-1:8080', 'chat.example.com'],
    });
    expect(read('forwarded', { forwarded: 'for="a\\"b,c";x' }).addresses).toEqual(['a"b,c']);
    expect(read('forwarded', { forwarded: 'proto=https' }).addresses).toEqual(['']);
    expect(read('forwarded', {}).addresses).toEqual([]);
  });

  test('is read in a time that its length explains, whatever stands in it', () => {
    const timeOf = (unit: string, times: number): number => {
      const forwarded = unit.repeat(times);
      return leastCpuMsOf(5, () => read('forwarded', { forwarded }));
    };
    for (const unit of ['for="', 'for="\\"', 'a', '"', '\\', ',', ';', '=', 'for=x;']) {
      timeOf(unit, 2000);
      // Sixteen times as much takes sixteen times as long, not 256 times.
      expect([unit, timeOf(unit, 32_000) / (timeOf(unit, 2000) + 0.2) < 100]).toEqual([unit, true]);
    }
  });
});

test('the client is the nearest hop that is none of our proxies', () => {
  const proxies = new AddressList(['10.0.0.0/8', 'fd00::/8']);
  const cases: [string, string[], string][] = [
    ['192.0.2.9', ['192.0.2.1'], '192.0.2.9'],
    ['10.0.0.1', [], '10.0.0.1'],
    ['10.0.0.1', ['192.0.2.1'], '192.0.2.1'],
    ['10.0.0.1', ['198.51.100.7', '192.0.2.1:4711', '10.0.0.2'], '192.0.2.1'],
    ['10.0.0.1', ['192.0.2.1', '::ffff:10.0.0.2', '[fd00::2]:80'], '192.0.2.1'],
    ['fd00::1', ['2001:DB8:0::1'], '2001:db8::1'],
    ['10.0.0.1', ['10.0.0.3', '10.0.0.2'], '10.0.0.3'],
    ['10.0.0.1', ['192.0.2.1', 'unknown'], 'unknown'],
    ['10.0.0.1', ['192.0.2.1', ''], '10.0.0.1'],
    ['10.0.0.1', ['x'.repeat(1000)], `${'x'.repeat(200)}…`],
  ];
  for (const [peer, hops, client] of cases) expect([hops, clientAddress(peer, hops, proxies)]).toEqual([hops, client]);
});
