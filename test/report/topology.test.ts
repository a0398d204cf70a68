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
        `${topologySvg(topology, { title: name, outside: 'Internet' }, { id: 't', standalone: true })}\n`,
      ));
  });
}

test('names are never read as markup', () => {
  assert.doesNotMatch(
    topologySvg(evil, { title: evil.name, outside: '<b>' }, { id: 't', standalone: true }),
    /<script|<img|<b>|\u202e/,
  );
  assert.doesNotMatch(topologyMermaid(evil), /<script|<img|\u202e/);
  assert.doesNotMatch(topologyText(evil), /\u202e/);
});

test('every machine and every network is in the picture, with a wire for each interface', () => {
  const svg = topologySvg(large, { title: 'x', outside: 'y' }, { id: 't', standalone: false });
  assert.equal(svg.match(/data-machine="/g)!.length, 7);
  assert.equal(svg.match(/<circle/g)!.length, 7);
  assert.doesNotMatch(svg, /<style/);
});
