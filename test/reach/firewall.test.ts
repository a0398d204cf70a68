import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Packet } from '../../src/reach/firewall/packet-match.ts';
import { readRuleset, type Ruleset } from '../../src/reach/firewall/ruleset.ts';
import { findStop } from '../../src/reach/firewall/verdict.ts';

/** As nft 1.0.6 printed the rules. */
const fixture = (name: string): string => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
const recorded = readRuleset(fixture('ruleset.json'), fixture('ruleset.nft'))!;

const first: Packet = {
  protocol: 'tcp',
  source: '10.0.0.7',
  destination: '10.0.0.4',
  sourcePort: undefined,
  destinationPort: 80,
  incoming: 'eth0',
  outgoing: 'eth0',
  state: 'new',
};

const chain = (name: string, hook?: string): object => ({
  chain: {
    family: 'inet',
    table: 't',
    name,
    handle: 1,
    ...(hook && { hook, type: 'filter', prio: 0, policy: 'accept' }),
  },
});

const jump = (from: string, target: string): object => ({
  rule: { family: 'inet', table: 't', chain: from, handle: 2, expr: [{ jump: { target } }] },
});

function rulesOf(nftables: readonly object[]): Ruleset {
  return readRuleset(JSON.stringify({ nftables }), '')!;
}

/** `drop: TEXT`, `maybe reject: TEXT`, `drop: policy of CHAIN`, or `passes`. */
function verdict(packet: Partial<Packet>, direction: 'in' | 'out' = 'in', rules = recorded): string {
  const stop = findStop(rules, { ...first, ...packet }, direction);
  if (stop === undefined) return 'passes';
  const what = stop.rule === undefined ? `policy of ${stop.chain.name}` : stop.rule.text;
  return `${stop.isCertain ? '' : 'maybe '}${stop.how}: ${what}`;
}

test('ports, ranges and named sets', () => {
  assert.equal(verdict({}), 'passes');
  for (const destinationPort of [7000, 7005, 7010, 8000])
    assert.equal(verdict({ destinationPort }), 'drop: tcp dport @closed counter log prefix "no " drop');
  for (const destinationPort of [6999, 7011, 8001, 59_999]) assert.equal(verdict({ destinationPort }), 'passes');
  assert.equal(verdict({ destinationPort: 60_000 }), 'drop: tcp dport >= 60000 drop');
});

test('verdict maps, jumps, goto and return', () => {
  assert.equal(verdict({ destinationPort: 9001 }), 'drop: tcp dport vmap @ways');
  assert.equal(verdict({ destinationPort: 9002 }), 'passes');
  assert.equal(verdict({ destinationPort: 9003 }), 'reject: meta l4proto tcp reject with tcp reset');
  assert.equal(verdict({ destinationPort: 9003, source: '10.0.0.5' }), 'passes');
  assert.equal(verdict({ destinationPort: 6001 }), 'drop: tcp dport 6001 drop');
  assert.equal(verdict({ destinationPort: 6003 }), 'passes');
  assert.equal(verdict({ destination: '10.0.0.9' }), 'reject: meta l4proto tcp reject with tcp reset');
});

test('protocols, states, interfaces, flags, ports of clients', () => {
  assert.equal(verdict({ protocol: 'udp', destinationPort: 7000 }), 'passes');
  assert.equal(verdict({ protocol: 'udp', destinationPort: 53 }), 'drop: ip protocol udp udp dport 53 drop');
  assert.equal(verdict({ protocol: 'udp', destinationPort: 69 }), 'passes');
  assert.match(
    verdict({ protocol: 'udp', destinationPort: 69, source: '192.168.1.1' }),
    /^drop: udp dport \{ 69, 123 \}/,
  );
  assert.equal(verdict({ destinationPort: 7000, state: 'established' }), 'passes');
  assert.equal(verdict({ destinationPort: 7000, incoming: 'lo' }), 'passes');
  assert.match(verdict({ destinationPort: 5002 }), /^drop: tcp flags syn/);
  assert.equal(verdict({ sourcePort: 80 }), 'drop: tcp sport < 1024 drop');
});

test('what depends on more than the packet shows is not certain', () => {
  assert.equal(verdict({ destinationPort: 5000 }), 'maybe drop: tcp dport 5000 drop');
  assert.equal(verdict({ destinationPort: 5001 }), 'maybe drop: meta skuid 0 tcp dport 5001 drop');
  assert.equal(verdict({ destinationPort: 5003 }), 'maybe drop: tcp sport 40000 tcp dport 5003 drop');
});

test('other hooks, families and the policy', () => {
  assert.equal(verdict({ destinationPort: 3000 }), 'drop: tcp dport 3000 drop');
  assert.equal(verdict({ destinationPort: 1000 }), 'drop: tcp dport 1000 drop');
  assert.equal(verdict({ destinationPort: 1000, incoming: 'eth1' }), 'passes');
  assert.equal(verdict({ destinationPort: 2000 }), 'passes');
  assert.equal(
    verdict({ destinationPort: 2000, source: 'fd00::7', destination: 'fd00::4' }),
    'drop: tcp dport 2000 drop',
  );
  assert.equal(verdict({}, 'out'), 'drop: policy of out');
  assert.equal(verdict({ destinationPort: 4000 }, 'out'), 'passes');
  assert.equal(verdict({ state: 'established' }, 'out'), 'passes');
});

test('no rules stop nothing, and what is no listing is not understood', () => {
  assert.equal(verdict({}, 'in', rulesOf([])), 'passes');
  assert.equal(verdict({}, 'in', readRuleset('', '')), 'passes');
  for (const json of ['{}', 'nft: error', '{"nftables": []}\naborted']) assert.equal(readRuleset(json, ''), undefined);
});

test('chains that call each other, or one that is missing, do not hang', () => {
  const nftables = [chain('a', 'input'), chain('b'), jump('a', 'b'), jump('b', 'b'), jump('b', 'nowhere')];
  assert.equal(verdict({}, 'in', rulesOf(nftables)), 'passes');
});
