// Draws the main figures as one SVG that is legible on light and dark pages, with what they are figures of: date, machine and
// commit. Which ones are drawn is listed here; nothing is measured or judged.
import { figure, type Row } from './report.ts';
import type { Provenance } from './provenance.ts';
import { metrics } from './targets.ts';

interface Panel {
  readonly metric: string;
  readonly title: string;
  readonly unit: string;
}

/** CPU time and memory only: latencies say as much about what else the machine does. */
const panels: readonly Panel[] = [
  { metric: metrics.fanoutPaced, title: 'A room of 1,000, 20 messages a second', unit: 'µs of CPU per delivery' },
  { metric: metrics.onePoster, title: 'A room of 1,000, one poster at full speed', unit: 'µs of CPU per delivery' },
  {
    metric: metrics.fanoutSaturated,
    title: 'A room of 1,000, 64 posters at full speed',
    unit: 'µs of CPU per delivery',
  },
  { metric: metrics.secondNode, title: 'A room of 1,000, on a node nobody posts at', unit: 'µs of CPU per delivery' },
  { metric: metrics.smallRooms, title: '200 rooms of five, everybody posts', unit: 'µs of CPU per message' },
  { metric: metrics.storm, title: 'Connect, log in, join a room', unit: 'µs of CPU per socket' },
  { metric: metrics.memory, title: 'Memory of an idle joined socket', unit: 'KB' },
  { metric: metrics.idle, title: 'CPU of an idle joined socket', unit: 'µs per second' },
];

/** In this order from above. */
const bars: readonly { readonly column: string; readonly label: string; readonly kind: string }[] = [
  { column: 'parley', label: 'Parley', kind: 'own' },
  { column: 'socket.io', label: 'Socket.IO', kind: 'peer' },
  { column: 'socket.io storing', label: 'Socket.IO, storing', kind: 'peer' },
  { column: 'relay', label: 'bare relay', kind: 'floor' },
  { column: 'bare', label: 'bare uWebSockets.js', kind: 'floor' },
];

const WIDTH = 880;
const MARGIN = 24;
const GAP = 32;
const PANEL_WIDTH = (WIDTH - 2 * MARGIN - GAP) / 2;
const LABEL_WIDTH = 132;
/** Kept free behind the longest bar, for its figure. */
const FIGURE_WIDTH = 62;
const BAR_STEP = 21;
const BAR_HEIGHT = 14;
const HEAD_HEIGHT = 46;
const TITLE_HEIGHT = 64;

const style = `
  svg { --page: #ffffff; --ink: #1f2328; --faint: #59636e; --own: #0969da; --peer: #bc4c00; --floor: #8c959f; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --own: #4493f8; --peer: #db6d28; --floor: #656c76; }
  }
  .page { fill: var(--page); }
  .own { fill: var(--own); } .peer { fill: var(--peer); } .floor { fill: var(--floor); }
  text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: var(--ink); }
  .title { font-size: 17px; font-weight: 600; }
  .head { font-size: 13px; font-weight: 600; }
  .faint { fill: var(--faint); }
  .strong { font-weight: 600; }
`;

export function drawChart(rows: readonly Row[], from: Provenance): string {
  const drawn = panels.flatMap((panel) => {
    const row = rows.find(({ metric }) => metric === panel.metric);
    return row === undefined ? [] : [{ panel, medians: row.medians }];
  });
  const parts: string[] = [];
  let y = TITLE_HEIGHT;
  for (let at = 0; at < drawn.length; at += 2) {
    const pair = drawn.slice(at, at + 2);
    pair.forEach(({ panel, medians }, side) => {
      parts.push(...drawPanel(panel, medians, MARGIN + side * (PANEL_WIDTH + GAP), y));
    });
    y += HEAD_HEIGHT + BAR_STEP * Math.max(...pair.map(({ medians }) => barsOf(medians).length)) + 18;
  }
  const source = `${from.takenAt.slice(0, 10)} · commit ${from.commit} · ${from.cpu} · Node ${from.node}`;
  const how = `${from.rounds === 1 ? 'one round' : `medians of ${from.rounds} interleaved rounds`}; others kept ${from.othersCores.toFixed(1)} cores busy meanwhile: compare the bars of a group`;
  const height = y + 44;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>What Parley costs beside Socket.IO and two floors, ${escaped(source)}</title>`,
    `<style>${style}</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}" rx="8"/>`,
    text(MARGIN, 36, 'What it costs: shorter is better', 'title'),
    ...parts,
    text(MARGIN, y + 6, source, 'faint'),
    text(MARGIN, y + 24, how, 'faint'),
    '</svg>\n',
  ].join('\n');
}

function drawPanel({ title, unit }: Panel, medians: Row['medians'], x: number, y: number): string[] {
  const present = barsOf(medians);
  const longest = Math.max(...present.map(({ value }) => value)) || 1;
  const scale = (PANEL_WIDTH - LABEL_WIDTH - FIGURE_WIDTH) / longest;
  const drawn = present.flatMap(({ label, kind, value }, at) => {
    const top = y + HEAD_HEIGHT + at * BAR_STEP;
    const length = Math.max(2, value * scale);
    const base = top + BAR_HEIGHT - 3;
    return [
      text(x, base, label, kind === 'own' ? 'strong' : ''),
      `<rect class="${kind}" x="${x + LABEL_WIDTH}" y="${top}" width="${length.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
      text(Math.round(x + LABEL_WIDTH + length + 6), base, figure(value), kind === 'own' ? 'strong' : ''),
    ];
  });
  return [text(x, y + 18, title, 'head'), text(x, y + 35, unit, 'faint'), ...drawn];
}

/** The systems that were measured; of Socket.IO the one that does the same work, where there are two. */
function barsOf(medians: Row['medians']): { label: string; kind: string; value: number }[] {
  const storing = medians['socket.io storing'] !== undefined;
  return bars.flatMap(({ column, label, kind }) => {
    const value = medians[column];
    return value === undefined || (storing && column === 'socket.io') ? [] : [{ label, kind, value }];
  });
}

const text = (x: number, y: number, content: string, kind: string): string =>
  `<text x="${x}" y="${y}"${kind === '' ? '' : ` class="${kind}"`}>${escaped(content)}</text>`;

const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
