// The protocol document is fresh and whole, and its examples are frames that decode to what stands beside them.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { notifications, requests } from '../../src/protocol/catalogue.ts';
import { closeCodes } from '../../src/protocol/wire/close-codes.ts';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import { renderProtocolDocument } from '../../src/documents/protocol.ts';
import { errorTable } from '../../src/protocol/errors/table.ts';
import { defaultLimits } from '../../src/protocol/params/limits.ts';
import { malformedReasons } from '../../src/protocol/wire/malformed.ts';
import { bytesOf, hex } from './frames.ts';

const written = readFileSync(new URL('../../src/documents/PROTOCOL.md', import.meta.url), 'utf8');

test('it is what the declarations say; run `npm run docs` if not', () => {
  expect(renderProtocolDocument()).toBe(written);
});

test('every declared thing has its place', () => {
  for (const name of Object.keys(requests)) expect(written).toContain(`\n### ${name}\n`);
  for (const name of Object.keys(notifications)) expect(written).toContain(`\n### ${name} (notification)\n`);
  for (const name of Object.keys(errorTable)) expect(written).toContain(`\n| \`${name}\``);
  for (const { code, reason } of Object.values(closeCodes)) expect(written).toMatch(`| ${code} | \`${reason}\``);
  for (const name of Object.keys(defaultLimits)) expect(written).toContain(`\n| \`${name}\``);
  for (const reason of Object.values(malformedReasons)) expect(written).toContain(`- \`${reason}\``);
});

test('every link leads to a heading, of which there is one', () => {
  const anchors = [...written.matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
    String(text)
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...written.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => String(anchor));
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((link) => anchors.filter((anchor) => anchor === link).length !== 1)).toEqual([]);
});

test('each pair of examples is the same message in JSON and in MessagePack', () => {
  const server = ['requests', 'replies'] as const;
  const decode = (format: 'json' | 'msgpack', frame: Uint8Array): unknown =>
    server
      .map((accept) => createCodec(format, { accept }).decodeFrame(frame))
      .find(({ malformed }) => malformed === undefined)?.messages;
  const blocks = [...written.matchAll(/```text\n([^`]+)\n```/g)].map(([, block]) => String(block));
  let compared = 0;
  for (const [index, block] of blocks.entries()) {
    if (!block.startsWith('[')) continue;
    const texts = block.split('\n');
    const frames = String(blocks[index + 1]).split('\n\n');
    expect(frames).toHaveLength(texts.length);
    for (const [i, text] of texts.entries()) {
      const message = decode('json', bytesOf(text));
      expect(message).toHaveLength(1);
      expect(decode('msgpack', hex(String(frames[i])))).toEqual(message);
      compared++;
    }
  }
  expect(compared).toBe(2 * (Object.keys(requests).length + 1) + Object.keys(notifications).length);
});
