import { addressesText } from '../../core/text/address-words.ts';
import { columnsOf } from '../../core/text/sanitize.ts';
import { attributesText, element } from '../markup/element.ts';
import { escapeMarkup } from '../markup/escape-markup.ts';
import { MONO_FONTS, SANS_FONTS } from '../markup/fonts.ts';
import { programText, type Topology, type TopologyMachine, type TopologyNetwork } from './topology.ts';

/** Words of the picture. */
export interface TopologyWords {
  readonly title: string;
  /** What lies behind a gateway with address translation. */
  readonly outside: string;
}

/** Sizes in CSS pixels. */
const box = { width: 208, gap: 36, padding: 12, line: 18 } as const;
const MOST_IN_ROW = 4;
const margin = { left: 40, top: 14, right: 14 } as const;
const TRUNK_GAP = 14;
const bus = { gap: 34, toMachines: 34 } as const;
const ROW_GAP = 40;
const outsideWorld = { gap: 26, width: 122, height: 40 } as const;
const COLORS = 3;

/** Keeps a text readable where it crosses a line. */
const HALO = 'paint-order: stroke; stroke: var(--topo-ground); stroke-width: 5px; stroke-linejoin: round;';
const LIGHT =
  '--topo-ground: #fff; --topo-ink: #1b2330; --topo-soft: #556070; --topo-rule: #8c98a8; ' +
  '--topo-accent: #1d5fc4; --topo-second: #a5480b; --topo-third: #17734a; --topo-box: #f4f7fb;';
const DARK =
  '--topo-ground: #12161c; --topo-ink: #e7ecf2; --topo-soft: #a3aebc; --topo-rule: #6c7888; ' +
  '--topo-accent: #78aefc; --topo-second: #f4a261; --topo-third: #5fcf97; --topo-box: #1a2029;';

/** Colours and type, for the picture's own file and for a page around it. */
export const TOPOLOGY_STYLE = `
.topology { ${LIGHT} font-family: ${SANS_FONTS}; }
@media (prefers-color-scheme: dark) { .topology { ${DARK} } }
@media print { .topology { ${LIGHT} } }
.topology text { fill: var(--topo-ink); font-size: 13px; }
.topology .topo-ground { fill: var(--topo-ground); }
.topology .topo-name { font-weight: 700; font-size: 15px; }
.topology .topo-mono { font-family: ${MONO_FONTS}; font-size: 12px; }
.topology .topo-soft { fill: var(--topo-soft); }
.topology text.topo-net { fill: currentColor; font-weight: 700; ${HALO} }
.topology .topo-box { fill: var(--topo-box); stroke: var(--topo-rule); stroke-width: 1.5; }
.topology .topo-chip { fill: var(--topo-ground); stroke: var(--topo-accent); }
.topology .topo-bus { stroke: currentColor; stroke-width: 4; stroke-linecap: round; }
.topology .topo-wire { stroke: currentColor; stroke-width: 2; fill: none; }
.topology .topo-outside { fill: none; stroke: var(--topo-rule); stroke-dasharray: 4 3; stroke-width: 1.5; }
.topology .topo-dot { fill: currentColor; }
.topo-net-0 { color: var(--topo-accent); }
.topo-net-1 { color: var(--topo-second); }
.topo-net-2 { color: var(--topo-third); }
`;

/**
 * The networks of a lab as lines, its machines below them as boxes with the programs that run there. With many machines
 * they stand in several rows; each network then has a line above each row that needs it, joined at the left.
 *
 * @param standalone With its own style: a whole SVG file.
 */
export function topologySvg(
  topology: Topology,
  words: TopologyWords,
  options: { readonly id: string; readonly standalone: boolean },
): string {
  const rows = rowsOf(topology);
  const placed = place(topology, rows);
  const last = placed.at(-1);
  const inRow = Math.max(1, ...rows.map((row) => row.length));
  const left = leftOf(topology);
  const end = left + Math.max(inRow * (box.width + box.gap) - box.gap, 300);
  const width = end + (topology.networks.some(leadsOutside) ? outsideWorld.gap + outsideWorld.width : 0) + margin.right;
  const height = (last?.bottom ?? 60) + margin.top;
  const { id, standalone } = options;
  const [title, description] = [`${id}-title`, `${id}-desc`];
  const size = { viewBox: `0 0 ${width} ${height}`, width, height };
  const labels = { role: 'img', 'aria-labelledby': title, 'aria-describedby': description };
  return [
    `<svg${attributesText({ xmlns: 'http://www.w3.org/2000/svg', class: 'topology', ...size, ...labels })}>`,
    element('title', { id: title }, escapeMarkup(words.title)) +
      element('desc', { id: description }, escapeMarkup(describe(topology))),
    standalone ? `<style>${TOPOLOGY_STYLE}</style>` : '',
    element('rect', { class: 'topo-ground', width, height }),
    ...trunks(topology, placed),
    ...placed.flatMap((row) => row.machines.map((machine) => drawMachine(machine, row))),
    ...placed.flatMap((row) => row.buses.map((bus) => drawBus(bus, { left, end }, words))),
    '</svg>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

interface PlacedRow {
  readonly buses: readonly PlacedBus[];
  readonly machines: readonly PlacedMachine[];
  readonly bottom: number;
}

interface PlacedBus {
  readonly network: TopologyNetwork;
  /** Which of the networks it is. */
  readonly index: number;
  readonly y: number;
  /** Whether its name has been shown above another row. */
  readonly isRepeat: boolean;
}

interface PlacedMachine {
  readonly machine: TopologyMachine;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

function leftOf({ networks }: Topology): number {
  return margin.left + Math.max(0, networks.length - 1) * TRUNK_GAP;
}

function rowsOf({ machines }: Topology): TopologyMachine[][] {
  const rows: TopologyMachine[][] = [];
  // Five machines look better as three and two than as four and one.
  const perRow =
    machines.length <= MOST_IN_ROW
      ? MOST_IN_ROW
      : Math.ceil(machines.length / Math.ceil(machines.length / MOST_IN_ROW));
  for (let start = 0; start < machines.length; start += perRow) rows.push(machines.slice(start, start + perRow));
  return rows;
}

function place(topology: Topology, rows: readonly (readonly TopologyMachine[])[]): PlacedRow[] {
  const shown = new Set<string>();
  let top: number = margin.top;
  // A lab without machines still has networks.
  return (rows.length === 0 ? [[]] : rows).map((row, rowIndex) => {
    const needed = topology.networks.filter(
      ({ name }) =>
        (rowIndex === 0 && rows.length <= 1) ||
        row.some(({ interfaces }) => interfaces.some(({ network }) => network === name)),
    );
    const buses = needed.map((network, position) => {
      const isRepeat = shown.has(network.name);
      shown.add(network.name);
      return { network, index: topology.networks.indexOf(network), y: top + 30 + position * bus.gap, isRepeat };
    });
    const y = (buses.at(-1)?.y ?? top) + bus.toMachines;
    const height = Math.max(0, ...row.map(heightOf));
    const machines = row.map((machine, column) => ({
      machine,
      x: leftOf(topology) + column * (box.width + box.gap),
      y,
      height,
    }));
    const bottom = y + height;
    top = bottom + ROW_GAP;
    return { buses, machines, bottom };
  });
}

function heightOf({ interfaces, programs }: TopologyMachine): number {
  return 2 * box.padding + 22 + box.line + interfaces.length * box.line + programs.length * 28;
}

/** Joins the lines of one network above several rows. */
function trunks(topology: Topology, rows: readonly PlacedRow[]): string[] {
  return topology.networks.flatMap(({ name }, index) => {
    const ys = rows.flatMap(({ buses }) => buses.filter(({ network }) => network.name === name).map(({ y }) => y));
    if (ys.length < 2) return [];
    const x = trunkX(index);
    return [element('path', { class: `topo-wire topo-net-${index % COLORS}`, d: `M${x} ${ys[0]}V${ys.at(-1)}` })];
  });
}

function trunkX(index: number): number {
  return 20 + index * TRUNK_GAP;
}

function leadsOutside({ nat, gateway }: TopologyNetwork): boolean {
  return nat && gateway !== undefined;
}

/** The line of a network, from its trunk to `end`; its name begins at `left`. */
function drawBus(
  { network, index, y, isRepeat }: PlacedBus,
  { left, end }: { readonly left: number; readonly end: number },
  words: TopologyWords,
): string {
  const { name, subnet, gateway } = network;
  const addresses = [subnet, ...(gateway === undefined || isRepeat ? [] : [`→ ${gateway}`])];
  const label = addresses.map((text) => element('tspan', { class: 'topo-mono' }, escapeMarkup(text))).join('  ');
  const soft = element('tspan', { class: 'topo-soft', 'font-weight': 400 }, ` ${label}`);
  return element(
    'g',
    { class: `topo-net-${index % COLORS}`, 'data-network': name },
    element('path', { class: 'topo-bus', d: `M${trunkX(index)} ${y}H${end}` }),
    element('text', { class: 'topo-net', x: left, y: y - 9 }, `${escapeMarkup(fit(name, 20))} ${soft}`),
    leadsOutside(network) && !isRepeat ? drawOutside(end, y, words) : '',
  );
}

/** What lies behind a gateway, at the end of the line of its network. */
function drawOutside(end: number, y: number, words: TopologyWords): string {
  const { gap, width, height } = outsideWorld;
  const x = end + gap;
  const place = { x: x + width / 2, y: y + 5, 'text-anchor': 'middle' };
  return [
    element('path', { class: 'topo-wire', d: `M${end} ${y}H${x}`, 'stroke-dasharray': '4 3' }),
    element('rect', { class: 'topo-outside', x, y: y - height / 2, width, height, rx: 20 }),
    element('text', { class: 'topo-soft', ...place }, escapeMarkup(words.outside)),
  ].join('');
}

function drawMachine({ machine, x, y, height }: PlacedMachine, row: PlacedRow): string {
  const { name, user, interfaces, programs } = machine;
  const wires = interfaces.map(({ network }, index) => {
    const bus = row.buses.find((candidate) => candidate.network.name === network);
    if (bus === undefined) return '';
    const at = x + (box.width * (index + 1)) / (interfaces.length + 1);
    return element(
      'g',
      { class: `topo-net-${bus.index % COLORS}` },
      element('path', { class: 'topo-wire', d: `M${at} ${bus.y}V${y}` }),
      element('circle', { class: 'topo-dot', cx: at, cy: bus.y, r: 4.5 }),
    );
  });
  const inside = x + box.padding;
  let line = y + box.padding + 14;
  const userStyle = { class: 'topo-soft', 'font-weight': 400, 'font-size': 12 };
  const who = `${escapeMarkup(fit(name, 14))} ${element('tspan', userStyle, escapeMarkup(fit(user, 12)))}`;
  const texts = [element('text', { class: 'topo-name', x: inside, y: line }, who)];
  line += 6;
  for (const port of interfaces) {
    line += box.line;
    texts.push(monoText(inside, line, fit(`${port.name} ${addressesText(port)}`, 25)));
  }
  line += 12;
  for (const program of programs) {
    const chip = { x: inside, y: line, width: box.width - 2 * box.padding, height: 23, rx: 5 };
    texts.push(
      element('rect', { class: 'topo-chip', ...chip }),
      monoText(inside + 8, line + 16, `▸ ${fit(programText(program), 21)}`),
    );
    line += 28;
  }
  const outline = element('rect', { class: 'topo-box', x, y, width: box.width, height, rx: 8 });
  return element('g', { 'data-machine': name }, ...wires, outline, ...texts);
}

function monoText(x: number, y: number, text: string): string {
  return element('text', { class: 'topo-mono', x, y }, escapeMarkup(text));
}

/** Text that keeps to its box. */
function fit(text: string, columns: number): string {
  let taken = 0;
  let end = 0;
  for (const character of text) {
    taken += columnsOf(character);
    if (taken > columns) return `${text.slice(0, Math.max(1, end - 1))}…`;
    end += character.length;
  }
  return text;
}

/** The picture in words, for those who cannot see it. */
function describe({ networks, machines }: Topology): string {
  return [
    ...networks.map(({ name, subnet, gateway }) => `${name} ${subnet}${gateway === undefined ? '' : `, ${gateway}`}`),
    ...machines.map(({ name, interfaces, programs }) =>
      [name, ...interfaces.map((port) => `${port.name} ${addressesText(port)}`), ...programs.map(programText)].join(
        ', ',
      ),
    ),
  ].join('; ');
}
