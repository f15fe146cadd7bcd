// What a client knows of the catalogue is what the catalogue says, and nothing of the catalogue itself is in the library.
import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { expect, test } from '@jest/globals';
import { renderManifest } from '../../config/tools/manifest.ts';
import { closeCodes, notifications, requests, temporaryErrors } from '../../src/client/manifest.ts';
import * as catalogue from '../../src/protocol/catalogue.ts';
import { errorTable } from '../../src/protocol/errors/table.ts';
import { closeCodes as declaredCodes } from '../../src/protocol/wire/close-codes.ts';
import { filesUnder, importsOf, root } from '../ground/source-files.ts';

test('the manifest is fresh', async () => {
  const filepath = `${root}/src/client/manifest.ts`;
  const written = await format(renderManifest(), { filepath, printWidth: 120, singleQuote: true });
  expect(written).toBe(readFileSync(filepath, 'utf8'));
});

test('it has every request, notification, temporary error and close code', () => {
  expect(Object.keys(requests)).toEqual(Object.keys(catalogue.requests));
  expect([...notifications]).toEqual(Object.keys(catalogue.notifications));
  expect(Object.keys(closeCodes)).toEqual(Object.keys(declaredCodes));
  const temporary = Object.entries(errorTable).filter(([, entry]) => entry.temporary);
  expect([...temporaryErrors]).toEqual(temporary.map(([code]) => code));
  expect(requests['roomMessage']).toEqual({
    params: ['roomName', 'message', 'options'],
    required: 2,
    free: [1],
    sized: true,
  });
  expect(requests['roomGetOwner']).toEqual({ params: ['roomName'], required: 1, reads: true });
});

test('what says that it gets something changes nothing, but for what was missed', () => {
  const getting = Object.keys(requests).filter((name) => /Get|Info$|Seen$/.test(name));
  expect(getting.filter((name) => requests[name]?.reads !== true)).toEqual(['missedMessagesGet']);
});

test('the client runs without the catalogue, the schema library and node', () => {
  const imports = filesUnder('src/client', ['.ts']).flatMap(importsOf);
  const loaded = imports.filter(({ typesOnly }) => !typesOnly).map(({ to }) => to);
  const foreign = /^src\/protocol\/(?!wire\/|params\/(?:limits|paths|values)|names\/(?:form|temporary))/;
  expect(imports.length).toBeGreaterThan(50);
  expect(loaded.filter((to) => foreign.test(to) || to === 'typebox' || to.startsWith('node:'))).toEqual([]);
});
