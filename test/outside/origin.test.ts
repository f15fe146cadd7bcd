// Origins and hosts: that every spelling of one comes out as one, that none is taken for another, and what is none.
import { describe, expect, test } from '@jest/globals';
import { canonicalHost, canonicalOrigin, hostOfOrigin, originProblem } from '../../src/outside/origin.ts';
import { bearerOf } from '../../src/outside/text.ts';

describe('an origin', () => {
  test.each([
    [
      'https://chat.example.com',
      [
        'https://chat.example.com',
        'https://chat.example.com/',
        'HTTPS://Chat.Example.COM',
        'https://chat.example.com:443',
        'https://chat.example.com.',
        'https://chat.example.com.:443/',
        ' "https://chat.example.com" ',
      ],
    ],
    ['https://xn--bcher-kva.example:8443', ['https://bücher.example:8443', 'https://BÜCHER.example.:8443']],
    ['http://[2001:db8::1]:8080', ['http://[2001:DB8:0::1]:8080', 'http://[2001:0db8:0:0:0:0:0:1]:8080/']],
    ['http://127.0.0.1', ['http://127.0.0.1:80']],
    ['capacitor://localhost', ['capacitor://localhost', 'capacitor://LocalHost/']],
    ['chrome-extension://abcdef', ['chrome-extension://abcdef']],
  ])('%s is one in whatever form it is written', (origin, forms) => {
    for (const form of forms) expect([form, canonicalOrigin(form)]).toEqual([form, origin]);
    expect(originProblem(origin)).toBeUndefined();
  });

  test('is a scheme and a host, and nothing else', () => {
    const none = ['', 'null', 'a.example', 'https://', 'https:/a.example', 'https:a.example', 'https://a.example/x'];
    const more = ['https://a.example?', 'https://a.example#', 'https://me@a.example', 'https://a\\b', 'https://a b'];
    for (const text of [
      ...none,
      ...more,
      'https://a.example, https://b.example',
      'https://a.example:99999',
      'data:,x',
    ]) {
      expect([text, canonicalOrigin(text)]).toEqual([text, undefined]);
    }
  });

  test('that no page that connects can have is a mistake in a list', () => {
    for (const text of [
      'wss://a.example',
      'file:///x',
      'file://',
      'https://*.example.com',
      'null',
      'https://a.example/x',
    ]) {
      expect([text, originProblem(text)]).toEqual([text, expect.any(String)]);
    }
  });
});

describe('a host', () => {
  test.each([
    ['chat.example.com', ['chat.example.com', 'CHAT.example.com.', 'chat.example.com:443', 'chat.example.com:80']],
    ['chat.example.com:8443', ['chat.example.com:8443', 'Chat.example.com.:8443', '"chat.example.com:8443"']],
    ['xn--bcher-kva.example', ['bücher.example', 'xn--bcher-kva.example:443']],
    ['[::1]:8080', ['[::1]:8080', '[0:0:0:0:0:0:0:1]:8080']],
    ['[::1]', ['[::1]', '[::1]:443']],
  ])('%s is one in whatever form it is written', (host, forms) => {
    for (const form of forms) expect([form, canonicalHost(form)]).toEqual([form, host]);
  });

  test('is no more than that', () => {
    for (const text of ['', 'a/b', 'a@b', 'a?b', 'a#b', 'a b', 'a,b', 'a:b', 'a:1:2', '::1', 'a\\b', 'http://a']) {
      expect([text, canonicalHost(text)]).toEqual([text, undefined]);
    }
  });

  test('is the one of a page by name and port, whichever of HTTP and HTTPS it came by', () => {
    const of = (origin: string): string | undefined => hostOfOrigin(canonicalOrigin(origin) ?? '');
    expect(of('https://chat.example.com')).toBe(canonicalHost('chat.example.com:443'));
    expect(of('http://chat.example.com')).toBe(canonicalHost('chat.example.com:443'));
    expect(of('https://chat.example.com:8443')).not.toBe(canonicalHost('chat.example.com'));
    expect(of('https://chat.example.com.evil.example')).not.toBe(canonicalHost('chat.example.com'));
    // An app of that name on somebody's device is no page of ours.
    expect(of('capacitor://localhost')).toBeUndefined();
  });
});

test('a bearer key is taken out of its header in whatever way it is put there, and nothing else is', () => {
  for (const header of ['Bearer k-1', 'bearer k-1', 'BEARER   k-1 ', ' Bearer\tk-1', 'Bearer "k-1"', "Bearer 'k-1'"]) {
    expect([header, bearerOf(header)]).toEqual([header, 'k-1']);
  }
  for (const header of [
    '',
    'k-1',
    'Bearer',
    'Bearer ',
    'Bearer ""',
    'Basic k-1',
    'Bearerk-1',
    'Bearer k 1',
    'x Bearer k',
  ]) {
    expect([header, bearerOf(header)]).toEqual([header, undefined]);
  }
});
