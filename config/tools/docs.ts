/** Writes the generated documents (`npm run docs`). What is in them is left to the code they describe. */
import { readFileSync, writeFileSync } from 'node:fs';
import { renderProtocolDocument } from '../../src/protocol/document.ts';
import { renderReadme } from './readme.ts';

interface Target {
  /** Relative to the root of the project. */
  readonly path: string;
  render(): string;
}

const fromRoot = (path: string): URL => new URL(`../../${path}`, import.meta.url);

const targets: readonly Target[] = [
  { path: 'src/protocol/PROTOCOL.md', render: renderProtocolDocument },
  // Only the table of settings in it is generated.
  { path: 'README.md', render: () => renderReadme(readFileSync(fromRoot('README.md'), 'utf8')) },
];

for (const { path, render } of targets) {
  writeFileSync(fromRoot(path), render());
  console.log(`wrote ${path}`);
}
