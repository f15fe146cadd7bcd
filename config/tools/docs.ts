/** Writes the generated documents (`npm run docs`). What is in them is left to the code they describe. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { renderAsyncApi } from '../../src/documents/asyncapi.ts';
import { renderProtocolDocument } from '../../src/documents/protocol.ts';
import { renderOpenApi } from '../../src/documents/openapi.ts';
import { llmsPath, renderLlms } from './llms.ts';
import { renderManifest } from './manifest.ts';
import { generatedParts, renderPart } from './readme.ts';

interface Target {
  /** Relative to the root of the project. */
  readonly path: string;
  render(): string | Promise<string>;
}

const fromRoot = (path: string): URL => new URL(`../../${path}`, import.meta.url);

/** Text as the formatter leaves it. */
async function formatted(path: string, text: string): Promise<string> {
  const filepath = fileURLToPath(fromRoot(path));
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

const asyncApiPath = 'src/documents/asyncapi.json';
const openApiPath = 'src/documents/openapi.json';
const manifestPath = 'src/client/manifest.ts';

const targets: readonly Target[] = [
  { path: 'src/documents/PROTOCOL.md', render: renderProtocolDocument },
  { path: asyncApiPath, render: () => formatted(asyncApiPath, JSON.stringify(renderAsyncApi())) },
  { path: openApiPath, render: () => formatted(openApiPath, JSON.stringify(renderOpenApi())) },
  { path: manifestPath, render: () => formatted(manifestPath, renderManifest()) },
  // Only the tables in them are generated.
  ...generatedParts.map((part) => ({
    path: part.path,
    render: () => renderPart(part, readFileSync(fromRoot(part.path), 'utf8')),
  })),
  // Last: it looks at the papers as they are then.
  { path: llmsPath, render: () => renderLlms(fileURLToPath(fromRoot('.'))) },
];

for (const { path, render } of targets) {
  writeFileSync(fromRoot(path), await render());
  console.log(`wrote ${path}`);
}
