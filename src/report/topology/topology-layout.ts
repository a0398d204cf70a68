import { addressesOn } from '../../core/lab-description.ts';
import { columnsOf } from '../../core/text/sanitize.ts';
import type { Topology, TopologyMachine, TopologyNetwork } from './topology.ts';

/** Sizes in CSS pixels. */
export const box = { width: 208, most: 340, gap: 36, padding: 12, line: 18, chip: 28, head: 22 } as const;
const MOST_IN_ROW = 4;
/** With more machines than this on a network its rows are longer. */
const MANY = 16;
const MOST_IN_LONG_ROW = 6;
const margin = { left: 20, top: 14, right: 14 } as const;
/** Between the vertical lines of two networks, and between the last of them and what stands to the right. */
const lane = { gap: 14, before: 28, after: 20 } as const;
const bus = { label: 30, toMachines: 34, empty: 16 } as const;
const ROW_GAP = 40;
const LEAST_BUS = 300;
export const outsideWorld = { gap: 26, width: 122, height: 40 } as const;
/** Of the monospaced type of the boxes. */
export const COLUMN_PX = 7.25;
/** Of the bold type of names, and of their widest letters. */
const NAME_PX = 9.2;
const WIDE_NAME_PX = 16;
/** Of the type of what stands behind the name of a machine. */
const SOFT_PX = 7.6;
const WIDE_SOFT_PX = 12;
const WIDE = /[MW@%mw]/;
const MOST_OF_NAME = 34;
const MOST_OF_KIND = 12;
/** What a router is called, in the language that needs most room. */
const LONGEST_KIND = 'routeur';
/** Between the name of a machine and what stands behind it. */
const NAME_GAP = 9;
/** The sign of a router, at the end of the line of its name. */
const SIGN_ROOM = 30;
/** Two lines side by side are told apart from here on. */
const APART_PX = 8;

/** Where everything of a picture stands. */
export interface TopologyLayout {
  readonly width: number;
  readonly height: number;
  /** Where the lines of networks with machines of their own end. */
  readonly end: number;
  /** Where the machines of a network begin, and its name. */
  readonly left: number;
  readonly lanes: readonly Lane[];
  readonly buses: readonly PlacedBus[];
  readonly boxes: readonly PlacedBox[];
}

/** The vertical line of a network, which joins all that belongs to it. */
export interface Lane {
  readonly index: number;
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
}

/** The horizontal line of a network above a row of its machines. */
export interface PlacedBus {
  readonly network: TopologyNetwork;
  /** Which of the networks it is. */
  readonly index: number;
  readonly laneX: number;
  readonly y: number;
  /** Whether its name has been shown above another row. */
  readonly isRepeat: boolean;
}

export interface PlacedBox {
  readonly machine: TopologyMachine;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly string[];
  readonly wires: readonly Wire[];
}

/** From an interface of a machine to its network. */
export interface Wire {
  /** Which of the networks. */
  readonly index: number;
  readonly path: string;
  readonly dot: { readonly x: number; readonly y: number };
}

/**
 * Routers, and whatever else stands on several networks, at the left; to the right the networks below each other, each
 * with its machines in rows below its line. Between the two every network has a vertical line of its own, which joins
 * its parts. So nothing is written where lines go: they cross each other, and no text.
 */
export function layOut(topology: Topology): TopologyLayout {
  const { networks, machines } = topology;
  const column = machines.filter((machine) => isBetween(machine));
  const single = machines.filter((machine) => !isBetween(machine) && machine.interfaces.length > 0);
  const apart = machines.filter(({ interfaces, forward }) => interfaces.length === 0 && forward !== true);
  const columnWidth =
    column.length === 0 ? 0 : Math.max(...column.map((machine) => widthOf(machine, linesOf(machine, true))));
  const start = margin.left + (column.length === 0 ? 0 : columnWidth + lane.before);
  const laneOf = (index: number): number => start + index * lane.gap;
  const left = laneOf(Math.max(0, networks.length - 1)) + lane.after;
  const width = Math.max(
    box.width,
    ...[...single, ...apart].map((machine) => widthOf(machine, linesOf(machine, false))),
  );

  const banded = networks.filter((network) => !isLink(network, topology));
  const rows = banded.map((network) =>
    inRows(single.filter(({ interfaces }) => interfaces[0]!.network === network.name)),
  );
  const inRow = Math.max(
    1,
    apart.length > 0 ? Math.min(apart.length, MOST_IN_ROW) : 1,
    ...rows.flat().map((row) => row.length),
  );
  const isColumnOnly = banded.length === 0 && apart.length === 0;
  const end =
    left + (isColumnOnly ? 0 : Math.max(inRow * (width + box.gap) - box.gap, LEAST_BUS, ...banded.map(labelWidth)));
  const columnBoxes = placeColumn(column, { networks, laneOf, width: columnWidth });
  const taken = columnBoxes.flatMap(({ wires }) => wires.map(({ dot }) => dot.y));
  const bands = placeBands(banded, rows, { networks, laneOf, left, width, taken });
  const loose = placeLoose(apart, { top: bands.bottom, left, width });
  const boxes = [...columnBoxes, ...bands.boxes, ...loose];
  const bottom = Math.max(60, bands.bottom, ...boxes.map(({ y, height }) => y + height));
  const leads = banded.some(leadsOutside) ? outsideWorld.gap + outsideWorld.width : 0;
  return {
    width: end + leads + margin.right,
    height: bottom + margin.top,
    end,
    left,
    lanes: lanesOf(networks, laneOf, bands.buses, columnBoxes),
    buses: bands.buses,
    boxes,
  };
}

/** Whether it stands between networks. */
function isBetween({ forward, interfaces }: TopologyMachine): boolean {
  return forward === true || new Set(interfaces.map(({ network }) => network)).size > 1;
}

/** Whether a network only joins two machines that stand between networks: it needs no line of its own. */
function isLink({ name, nat, gateway }: TopologyNetwork, { machines }: Topology): boolean {
  const on = machines.filter(({ interfaces }) => interfaces.some(({ network }) => network === name));
  return on.length === 2 && !nat && gateway === undefined && on.every((machine) => isBetween(machine));
}

export function leadsOutside({ nat, gateway }: TopologyNetwork): boolean {
  return nat && gateway !== undefined;
}

/** What stands below the name: an address each. Where several networks meet, their names stand there, too. */
function linesOf({ interfaces }: TopologyMachine, namesNetworks: boolean): string[] {
  return interfaces.flatMap((port) => {
    const [first = '–', ...rest] = addressesOn(port);
    const indent = ' '.repeat(port.name.length);
    const network = namesNetworks ? `  ${port.network}` : '';
    return [`${port.name} ${first}${network}`, ...rest.map((address) => `${indent} ${address}`)];
  });
}

/** Of the label above the line of a network. */
export function labelOf({ name, subnet, gateway }: TopologyNetwork, isRepeat: boolean): readonly [string, string] {
  return [cut(name, 20), [subnet, ...(gateway === undefined || isRepeat ? [] : [`→ ${gateway}`])].join('  ')];
}

function labelWidth(network: TopologyNetwork): number {
  const [name, addresses] = labelOf(network, false);
  return Math.ceil(columnsIn(name) * NAME_PX + (columnsIn(addresses) + 1) * COLUMN_PX);
}

function columnsIn(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
}

/** The line of a machine's name: it, and its user, or what a router is called. */
export interface Head {
  readonly name: string;
  readonly kind: string;
}

/** As much of a name as fits into a box of that width. */
export function headOf(machine: TopologyMachine, kind: string, width: number): Head {
  const short = cut(kind, MOST_OF_KIND);
  const room = width - headWidth(machine, { name: '', kind: short });
  let name = cut(machine.name, MOST_OF_NAME);
  for (let columns = MOST_OF_NAME; columns > 1 && pixels(name, NAME_PX, WIDE_NAME_PX) > room; columns--)
    name = cut(machine.name, columns);
  return { name, kind: short };
}

function headWidth({ forward }: TopologyMachine, { name, kind }: Head): number {
  const sign = forward === true ? SIGN_ROOM : 0;
  const texts = pixels(name, NAME_PX, WIDE_NAME_PX) + NAME_GAP + pixels(kind, SOFT_PX, WIDE_SOFT_PX);
  return 2 * box.padding + texts + sign;
}

function pixels(text: string, narrow: number, wide: number): number {
  let width = 0;
  for (const character of text) width += columnsOf(character) * (WIDE.test(character) ? wide : narrow);
  return width;
}

/** Text that keeps to its place. */
export function cut(text: string, columns: number): string {
  let taken = 0;
  let end = 0;
  for (const character of text) {
    taken += columnsOf(character);
    if (taken > columns) return `${text.slice(0, Math.max(1, end - 1))}…`;
    end += character.length;
  }
  return text;
}

function widthOf(machine: TopologyMachine, lines: readonly string[]): number {
  const columns = Math.max(0, ...lines.map(columnsIn));
  const kind = cut(machine.forward === true ? LONGEST_KIND : machine.user, MOST_OF_KIND);
  const head = headWidth(machine, { name: cut(machine.name, MOST_OF_NAME), kind });
  const wanted = Math.max(head, 2 * box.padding + columns * COLUMN_PX);
  return Math.min(box.most, Math.max(box.width, Math.ceil(wanted)));
}

function heightOf({ programs }: TopologyMachine, lines: readonly string[]): number {
  return 2 * box.padding + box.head + box.line + lines.length * box.line + programs.length * box.chip;
}

/** Five machines look better as three and two than as four and one. */
function inRows(machines: readonly TopologyMachine[]): TopologyMachine[][] {
  const most = machines.length > MANY ? MOST_IN_LONG_ROW : MOST_IN_ROW;
  const perRow = machines.length <= most ? most : Math.ceil(machines.length / Math.ceil(machines.length / most));
  const rows: TopologyMachine[][] = [];
  for (let at = 0; at < machines.length; at += perRow) rows.push(machines.slice(at, at + perRow));
  return rows;
}

interface Grid {
  readonly networks: readonly TopologyNetwork[];
  readonly laneOf: (index: number) => number;
}

function placeColumn(
  machines: readonly TopologyMachine[],
  { networks, laneOf, width }: Grid & { readonly width: number },
): PlacedBox[] {
  let y: number = margin.top;
  return machines.map((machine) => {
    const lines = linesOf(machine, true);
    const placed = { machine, x: margin.left, y, width, height: heightOf(machine, lines), lines };
    let line = y + box.padding + box.head;
    const wires = machine.interfaces.flatMap((port): Wire[] => {
      const at = line + box.line / 2;
      line += Math.max(1, addressesOn(port).length) * box.line;
      const index = networks.findIndex(({ name }) => name === port.network);
      if (index < 0) return [];
      const x = laneOf(index);
      return [{ index, path: `M${margin.left + width} ${at}H${x}`, dot: { x, y: at } }];
    });
    y += placed.height + box.gap;
    return { ...placed, wires };
  });
}

interface Bands {
  readonly buses: readonly PlacedBus[];
  readonly boxes: readonly PlacedBox[];
  readonly bottom: number;
}

function placeBands(
  networks: readonly TopologyNetwork[],
  rows: readonly (readonly (readonly TopologyMachine[])[])[],
  grid: Grid & { readonly left: number; readonly width: number; readonly taken: readonly number[] },
): Bands {
  const buses: PlacedBus[] = [];
  const boxes: PlacedBox[] = [];
  let top: number = margin.top;
  for (const [position, network] of networks.entries()) {
    const own = rows[position]!;
    const index = grid.networks.indexOf(network);
    for (const [at, row] of (own.length === 0 ? [[]] : own).entries()) {
      const y = freeLine(top + bus.label, grid.taken);
      buses.push({ network, index, laneX: grid.laneOf(index), y, isRepeat: at > 0 });
      const placed = placeRow(row, { index, busY: y, left: grid.left, width: grid.width });
      boxes.push(...placed);
      top = (placed[0] === undefined ? y + bus.empty : placed[0].y + placed[0].height) + ROW_GAP;
    }
  }
  return { buses, boxes, bottom: top - ROW_GAP };
}

function placeRow(
  row: readonly TopologyMachine[],
  {
    index,
    busY,
    left,
    width,
  }: { readonly index: number; readonly busY: number; readonly left: number; readonly width: number },
): PlacedBox[] {
  const y = busY + bus.toMachines;
  const height = Math.max(0, ...row.map((machine) => heightOf(machine, linesOf(machine, false))));
  return row.map((machine, column) => {
    const x = left + column * (width + box.gap);
    const { length } = machine.interfaces;
    const wires = machine.interfaces.map((_port, at) => {
      const from = x + (width * (at + 1)) / (length + 1);
      return { index, path: `M${from} ${busY}V${y}`, dot: { x: from, y: busY } };
    });
    return { machine, x, y, width, height, lines: linesOf(machine, false), wires };
  });
}

/** The next line from here down that runs into no line of a router. */
function freeLine(wanted: number, taken: readonly number[]): number {
  let y = wanted;
  while (taken.some((line) => Math.abs(line - y) < APART_PX)) y += APART_PX / 2;
  return y;
}

/** Machines that are on no network. */
function placeLoose(
  machines: readonly TopologyMachine[],
  { top, left, width }: { readonly top: number; readonly left: number; readonly width: number },
): PlacedBox[] {
  const height = Math.max(0, ...machines.map((machine) => heightOf(machine, [])));
  return machines.map((machine, at) => ({
    machine,
    x: left + (at % MOST_IN_ROW) * (width + box.gap),
    y: top + ROW_GAP + Math.floor(at / MOST_IN_ROW) * (height + box.gap),
    width,
    height,
    lines: [],
    wires: [],
  }));
}

function lanesOf(
  networks: readonly TopologyNetwork[],
  laneOf: (index: number) => number,
  buses: readonly PlacedBus[],
  column: readonly PlacedBox[],
): Lane[] {
  return networks.flatMap((_network, index) => {
    const ys = [
      ...buses.filter((placed) => placed.index === index).map(({ y }) => y),
      ...column.flatMap(({ wires }) => wires.filter((wire) => wire.index === index).map(({ dot }) => dot.y)),
    ];
    return ys.length < 2 ? [] : [{ index, x: laneOf(index), top: Math.min(...ys), bottom: Math.max(...ys) }];
  });
}
