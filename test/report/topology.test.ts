import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { topologyMermaid } from '../../src/report/topology/mermaid.ts';
import { topologySvg } from '../../src/report/topology/topology-svg.ts';
import { topologyText } from '../../src/report/topology/topology-text.ts';
import type { Topology } from '../../src/report/topology/topology.ts';
import { assertGolden } from '../helpers/golden.ts';

const natnet = { name: 'natnet', subnet: '192.168.100.0/24', gateway: '192.168.100.1', nat: true };
const vm1 = {
  name: 'vm1',
  user: 'ildvm1',
  interfaces: [{ name: 'eth0', network: 'natnet', address: '192.168.100.4' }],
  programs: [{ name: 'server', listens: [7999] }],
};
const vm2 = {
  name: 'vm2',
  user: 'ildvm2',
  interfaces: [{ name: 'eth0', network: 'natnet', address: '192.168.100.5' }],
  programs: [{ name: 'client', listens: [] }],
};

/** A router between two networks, more machines than fit in a row, and one that has no network. */
const large: Topology = {
  name: 'large',
  networks: [natnet, { name: 'inner', subnet: '10.0.0.0/24', nat: false }],
  machines: [
    vm1,
    vm2,
    {
      name: 'router',
      user: 'student',
      forward: true,
      interfaces: [
        { name: 'eth0', network: 'natnet', address: '192.168.100.9' },
        { name: 'eth1', network: 'inner', address: '10.0.0.1' },
      ],
      programs: [],
    },
    ...['a', 'b', 'c'].map((name, index) => ({
      name,
      user: 'student',
      interfaces: [{ name: 'eth0', network: 'inner', address: `10.0.0.${index + 2}` }],
      programs: [],
    })),
    { name: 'alone', user: 'student', interfaces: [], programs: [] },
  ],
};

const evil: Topology = {
  name: '"><x',
  networks: [{ name: '"><script>', subnet: '"<', nat: true, gateway: '#&' }],
  machines: [{ ...vm1, name: '<img onerror=x>', user: '\u202e"' }],
};

for (const [name, topology] of [
  ['tp1', { name: 'tp1', networks: [natnet], machines: [vm1, vm2] }],
  ['large', large],
] as const) {
  describe(`the topology ${name}`, () => {
    const golden = join(import.meta.dirname, `golden/topology-${name}`);
    test('as text', () => assertGolden(`${golden}.txt`, topologyText(topology)));
    test('as Mermaid', () => assertGolden(`${golden}.mmd`, topologyMermaid(topology)));
    test('as SVG', () =>
      assertGolden(
        `${golden}.svg`,
        `${topologySvg(topology, { title: name, outside: 'Internet', router: 'router' }, { id: 't', standalone: true })}\n`,
      ));
  });
}

test('names are never read as markup', () => {
  assert.doesNotMatch(
    topologySvg(evil, { title: evil.name, outside: '<b>', router: 'router' }, { id: 't', standalone: true }),
    /<script|<img|<b>|\u202e/,
  );
  assert.doesNotMatch(topologyMermaid(evil), /<script|<img|\u202e/);
  assert.doesNotMatch(topologyText(evil), /\u202e/);
});

test('every machine and every network is in the picture, with a wire for each interface', () => {
  const svg = topologySvg(large, { title: 'x', outside: 'y', router: 'z' }, { id: 't', standalone: false });
  assert.equal(svg.match(/data-machine="/g)!.length, 7);
  assert.equal(svg.match(/class="topo-dot"/g)!.length, 7);
  assert.equal(svg.match(/class="topo-router"/g)!.length, 1);
  assert.doesNotMatch(svg, /<style/);
});

function port(name: string, network: string, at: string): Topology['machines'][number]['interfaces'][number] {
  return { name, network, address: `10.${at}`, address6: `fd00:db8:1234:${at.replaceAll('.', ':')}` };
}

/** Six networks with both families, four routers with links between them, `hosts` machines. */
function campus(hosts: number): Topology {
  return {
    name: 'campus',
    networks: [
      ...[1, 2, 3, 4, 5, 6].map((n) => ({
        name: `network-${n}`,
        subnet: `10.${n}.0.0/24, fd00:db8:1234:${n}::/64`,
        gateway: `10.${n}.0.254, fd00:db8:1234:${n}::fe`,
        nat: n === 6,
      })),
      ...[1, 2, 3].map((n) => ({ name: `r${n}-r${n + 1}`, subnet: `10.255.0.${2 * n}/31`, nat: false })),
    ],
    machines: [
      ...[1, 2, 3, 4].map((r) => ({
        name: `r${r}`,
        user: 'student',
        forward: true,
        interfaces: [
          ...(r === 4 ? [4, 5, 6] : [r]).map((n, at) => port(`eth${at}`, `network-${n}`, `${n}.0.254`)),
          ...(r > 1 ? [port('left', `r${r - 1}-r${r}`, `255.0.${2 * r - 1}`)] : []),
          ...(r < 4 ? [port('right', `r${r}-r${r + 1}`, `255.0.${2 * r}`)] : []),
        ],
        programs: [],
      })),
      ...Array.from({ length: hosts }, (_, at) => ({
        name: `host-${at}`,
        user: 'student',
        interfaces: [port('eth0', `network-${(at % 6) + 1}`, `${(at % 6) + 1}.0.${at + 1}`)],
        programs: at === 0 ? [{ name: 'server', listens: [7999] }] : [],
      })),
    ],
  };
}

const longNames: Topology = {
  name: 'long',
  networks: [natnet],
  machines: ['a-router-of-many-words-in-its-name', 'WWWWWWWWWWWWWWWWWWWWWWWW', 'a-host-of-many-words'].map(
    (name, at) => ({
      name,
      user: 'mmmmmmmmmmmmmm',
      forward: at === 0,
      interfaces: vm1.interfaces,
      programs: vm1.programs,
    }),
  ),
};

interface Area {
  readonly what: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Pixels of a character, rather too many. */
const PIXELS: Readonly<Record<string, number>> = { 'topo-mono': 7.25, 'topo-name': 9.2, 'topo-net': 8.6 };
const OTHER_PIXELS = 7.6;

function numberOf(attributes: string, name: string): number {
  return Number(new RegExp(` ${name}="([^"]*)"`).exec(attributes)![1]);
}

function textArea(attributes: string, content: string): Area {
  const kind = /class="(topo-\w+)"/.exec(attributes)?.[1] ?? '';
  const at = content.indexOf('<tspan');
  const [bold, soft] = at < 0 ? [content, ''] : [content.slice(0, at), content.slice(at)];
  const plain = soft.replaceAll(/<[^>]*>/g, '');
  const isMono = kind === 'topo-mono';
  const wide = (text: string, pixels: number): number => (isMono ? 0 : text.replaceAll(/[^MWmw]/g, '').length * pixels);
  const width =
    bold.length * (PIXELS[kind] ?? OTHER_PIXELS) + wide(bold, 6) + plain.length * OTHER_PIXELS + wide(plain, 4);
  const [x, y] = [numberOf(attributes, 'x'), numberOf(attributes, 'y')];
  const left = attributes.includes('"middle"') ? x - width / 2 : x;
  return { what: bold + plain, left, right: left + width, top: y - 11, bottom: y + 3 };
}

/** The sign of a router. */
function signArea(attributes: string): Area {
  const [x, y, r] = [numberOf(attributes, 'cx'), numberOf(attributes, 'cy'), numberOf(attributes, 'r')];
  return { what: 'the sign of a router', left: x - r, right: x + r, top: y - r, bottom: y + r };
}

function boxArea(attributes: string): Area {
  const [left, top] = [numberOf(attributes, 'x'), numberOf(attributes, 'y')];
  const [right, bottom] = [left + numberOf(attributes, 'width'), top + numberOf(attributes, 'height')];
  return { what: 'box', left, top, right, bottom };
}

function lineArea(path: string): Area {
  const [, fromX, fromY, way, end] = /^M([\d.]+) ([\d.]+)([HV])([\d.]+)$/.exec(path)!;
  const [x, y, to] = [Number(fromX), Number(fromY), Number(end)];
  const [toX, toY] = way === 'H' ? [to, y] : [x, to];
  const [left, right, top, bottom] = [Math.min(x, toX), Math.max(x, toX), Math.min(y, toY), Math.max(y, toY)];
  return { what: `the line ${path}`, left: left - 1, right: right + 1, top: top - 1, bottom: bottom + 1 };
}

function overlap(one: Area, other: Area): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

function holds(outer: Area, inner: Area): boolean {
  return (
    outer.left <= inner.left && outer.right >= inner.right && outer.top <= inner.top && outer.bottom >= inner.bottom
  );
}

function innerOf({ what, left, top, right, bottom }: Area): Area {
  return { what, left: left + 2, top: top + 2, right: right - 2, bottom: bottom - 2 };
}

for (const [name, topology] of [
  ['of the reference practical', { name: 'tp1', networks: [natnet], machines: [vm1, vm2] }],
  ['of a router, more machines than fit in a row, and one on no network', large],
  ['of thirty machines and four routers, in both families', campus(30)],
  ['of a hundred machines', campus(100)],
  ['of long names, and of the widest letters', longNames],
  [
    'of networks without machines',
    { name: 'x', networks: [natnet, { name: 'empty', subnet: 'fd00::/64', nat: false }], machines: [] },
  ],
] as const)
  test(`no text lies on a line, another text or the edge of a box, and no line goes through a box: ${name}`, () => {
    const words = { title: name, outside: 'host, Internet', router: 'routeur' };
    const svg = topologySvg(topology, words, { id: 't', standalone: false });
    const texts = [...svg.matchAll(/<text([^>]*)>(.*?)<\/text>/g)].map((found) => textArea(found[1]!, found[2]!));
    const lines = [...svg.matchAll(/class="topo-(?:wire|bus)[^"]*" d="([^"]+)"/g)].map((found) => lineArea(found[1]!));
    const boxes = [...svg.matchAll(/<rect class="topo-(?:box|router|outside)"([^>]*)>/g)].map((found) =>
      boxArea(found[1]!),
    );
    const signs = [...svg.matchAll(/<circle class="topo-sign"([^>]*)>/g)].map((found) => signArea(found[1]!));
    const [width, height] = [numberOf(svg, 'width'), numberOf(svg, 'height')];
    assert.ok(boxes.length >= topology.machines.length && lines.length > 0);
    for (const [index, text] of texts.entries()) {
      assert.ok(text.left >= 0 && text.top >= 0 && text.right <= width && text.bottom <= height, text.what);
      for (const line of lines) assert.ok(!overlap(text, line), `${text.what} lies on ${line.what}`);
      for (const other of [...texts.slice(index + 1), ...signs])
        assert.ok(!overlap(text, other), `${text.what} lies on ${other.what}`);
      for (const box of boxes) assert.ok(!overlap(text, box) || holds(box, text), `${text.what} leaves its box`);
    }
    for (const [index, box] of boxes.entries()) {
      for (const other of boxes.slice(index + 1)) assert.ok(!overlap(box, other), 'two boxes overlap');
      for (const line of lines) assert.ok(!overlap(innerOf(box), line), `${line.what} goes through a box`);
    }
  });
