import { addressesText } from '../../core/text/address-words.ts';
import { attributesText, element } from '../markup/element.ts';
import { escapeMarkup } from '../markup/escape-markup.ts';
import { programText, type Topology } from './topology.ts';
import {
  box,
  COLUMN_PX,
  cut,
  headOf,
  labelOf,
  layOut,
  leadsOutside,
  outsideWorld,
  type PlacedBox,
  type PlacedBus,
  type TopologyLayout,
} from './topology-layout.ts';
import { TOPOLOGY_STYLE } from './topology-style.ts';

/** Words of the picture. */
export interface TopologyWords {
  readonly title: string;
  /** What lies behind a gateway with address translation. */
  readonly outside: string;
  /** What a machine is that forwards. */
  readonly router: string;
}

const COLORS = 6;

/**
 * The networks of a lab as lines, its machines as boxes with the programs that run there: routers at the left, the
 * machines of each network in rows below its line.
 *
 * @param standalone With its own style: a whole SVG file.
 */
export function topologySvg(
  topology: Topology,
  words: TopologyWords,
  options: { readonly id: string; readonly standalone: boolean },
): string {
  const layout = layOut(topology);
  const { width, height } = layout;
  const { id, standalone } = options;
  const [title, description] = [`${id}-title`, `${id}-desc`];
  const size = { viewBox: `0 0 ${width} ${height}`, width, height };
  const labels = { role: 'img', 'aria-labelledby': title, 'aria-describedby': description };
  return [
    `<svg${attributesText({ xmlns: 'http://www.w3.org/2000/svg', class: 'topology', ...size, ...labels })}>`,
    element('title', { id: title }, escapeMarkup(words.title)) +
      element('desc', { id: description }, escapeMarkup(describe(topology, words))),
    standalone ? `<style>${TOPOLOGY_STYLE}</style>` : '',
    element('rect', { class: 'topo-ground', width, height }),
    ...layout.lanes.map(({ index, x, top, bottom }) =>
      element('path', { class: `topo-wire ${colorOf(index)}`, d: `M${x} ${top}V${bottom}` }),
    ),
    ...layout.boxes.map((placed) => drawMachine(placed, words)),
    ...layout.buses.map((placed) => drawBus(placed, layout, words)),
    '</svg>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function colorOf(index: number): string {
  return `topo-net-${index % COLORS}`;
}

/** The line of a network, from its vertical line to `end`; its name begins at `left`. */
function drawBus(
  { network, index, laneX, y, isRepeat }: PlacedBus,
  { left, end }: TopologyLayout,
  words: TopologyWords,
): string {
  const [shown, addresses] = labelOf(network, isRepeat);
  const label = element('tspan', { class: 'topo-mono' }, escapeMarkup(addresses));
  const soft = element('tspan', { class: 'topo-soft', 'font-weight': 400 }, ` ${label}`);
  return element(
    'g',
    { class: colorOf(index), 'data-network': network.name },
    element('path', { class: 'topo-bus', d: `M${laneX} ${y}H${end}` }),
    element('text', { class: 'topo-net', x: left, y: y - 9 }, `${escapeMarkup(shown)} ${soft}`),
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

function drawMachine({ machine, x, y, width, height, lines, wires }: PlacedBox, words: TopologyWords): string {
  const { name, user, programs, forward } = machine;
  const cables = wires.map(({ index, path, dot }) =>
    element(
      'g',
      { class: colorOf(index) },
      element('path', { class: 'topo-wire', d: path }),
      element('circle', { class: 'topo-dot', cx: dot.x, cy: dot.y, r: 4.5 }),
    ),
  );
  const columns = Math.floor((width - 2 * box.padding) / COLUMN_PX);
  const inside = x + box.padding;
  let line = y + box.padding + 14;
  const softStyle = { class: 'topo-soft', 'font-weight': 400, 'font-size': 12 };
  const head = headOf(machine, forward === true ? words.router : user, width);
  const who = `${escapeMarkup(head.name)} ${element('tspan', softStyle, escapeMarkup(head.kind))}`;
  const texts = [element('text', { class: 'topo-name', x: inside, y: line }, who)];
  line += 6;
  for (const text of lines) {
    line += box.line;
    texts.push(monoText(inside, line, cut(text, columns)));
  }
  line += 12;
  for (const program of programs) {
    const chip = { x: inside, y: line, width: width - 2 * box.padding, height: 23, rx: 5 };
    texts.push(
      element('rect', { class: 'topo-chip', ...chip }),
      monoText(inside + 8, line + 16, `▸ ${cut(programText(program), columns - 4)}`),
    );
    line += box.chip;
  }
  const isRouter = forward === true;
  const outline = element('rect', {
    class: isRouter ? 'topo-router' : 'topo-box',
    x,
    y,
    width,
    height,
    rx: isRouter ? 18 : 8,
  });
  const sign = isRouter ? routerSign(x + width - 26, y + 24) : '';
  return element('g', { 'data-machine': name }, ...cables, outline, sign, ...texts);
}

/** The four arrows by which plans of networks show a router: two come in, two go out. */
function routerSign(x: number, y: number): string {
  const arrows = [
    `M${x - 8} ${y - 3}h6m-2 -2l2 2l-2 2`,
    `M${x + 8} ${y + 3}h-6m2 -2l-2 2l2 2`,
    `M${x + 3} ${y - 2}v-6m-2 2l2 -2l2 2`,
    `M${x - 3} ${y + 2}v6m-2 -2l2 2l2 -2`,
  ].join('');
  return (
    element('circle', { class: 'topo-sign', cx: x, cy: y, r: 12 }) +
    element('path', { class: 'topo-arrows', d: arrows })
  );
}

function monoText(x: number, y: number, text: string): string {
  return element('text', { class: 'topo-mono', x, y, 'xml:space': 'preserve' }, escapeMarkup(text));
}

/** The picture in words, for those who cannot see it. */
function describe({ networks, machines }: Topology, { router }: TopologyWords): string {
  return [
    ...networks.map(({ name, subnet, gateway }) => `${name} ${subnet}${gateway === undefined ? '' : `, ${gateway}`}`),
    ...machines.map(({ name, forward, interfaces, programs }) =>
      [
        forward === true ? `${name} (${router})` : name,
        ...interfaces.map((port) => `${port.name} ${addressesText(port)}`),
        ...programs.map(programText),
      ].join(', '),
    ),
  ].join('; ');
}
