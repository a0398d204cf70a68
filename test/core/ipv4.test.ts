import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  broadcastOf,
  contains,
  formatIPv4,
  formatSubnet,
  overlaps,
  parseIPv4,
  parseSubnet,
} from '../../src/core/ipv4.ts';

const subnet = (text: string) => parseSubnet(text)!;
const address = (text: string) => parseIPv4(text)!;
const addresses = fc.integer({ min: 0, max: 0xffff_ffff });
const prefixLengths = fc.integer({ min: 0, max: 32 });

test('every address is read as it is written', () => {
  fc.assert(fc.property(addresses, (value) => parseIPv4(formatIPv4(value)) === value));
});

test('what is not four decimal octets without leading zeros is no address', () => {
  const wrong = [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.-4',
    '1.2.3.4 ',
    '1.2.3.4\n',
    ' 1.2.3.4',
    '0x1.2.3.4',
    '1..3.4',
    '1.2.3.4/8',
    '::1',
    '1.2.3.1e1',
  ];
  for (const text of wrong) assert.equal(parseIPv4(text), undefined, JSON.stringify(text));
});

test('a subnet is read without its host bits and written in CIDR notation', () => {
  assert.equal(formatSubnet(subnet('192.168.100.77/24')), '192.168.100.0/24');
  assert.equal(formatSubnet(subnet('255.255.255.255/1')), '128.0.0.0/1');
  assert.equal(formatSubnet(subnet('1.2.3.4/0')), '0.0.0.0/0');
  assert.equal(formatSubnet(subnet('1.2.3.4/32')), '1.2.3.4/32');
});

test('what is no address, a slash and a prefix length of 0 to 32 is no subnet', () => {
  for (const text of [
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.0/ 8',
    '10.0.0/8',
    '10.0.0.0/255.0.0.0',
  ]) {
    assert.equal(parseSubnet(text), undefined, JSON.stringify(text));
  }
});

test('a subnet holds its first and last address and not their neighbours', () => {
  const net = subnet('192.168.100.0/23');
  assert.equal(formatIPv4(broadcastOf(net)), '192.168.101.255');
  assert.deepEqual(
    ['192.168.99.255', '192.168.100.0', '192.168.101.255', '192.168.102.0'].map((text) => contains(net, address(text))),
    [false, true, true, false],
  );
});

test('whatever the prefix, an address lies between the first and the last address of its subnet', () => {
  fc.assert(
    fc.property(addresses, prefixLengths, (value, prefixLength) => {
      const net = subnet(`${formatIPv4(value)}/${prefixLength}`);
      return (
        contains(net, value) &&
        net.network <= value &&
        value <= broadcastOf(net) &&
        broadcastOf(net) - net.network + 1 === 2 ** (32 - prefixLength)
      );
    }),
  );
});

test('two subnets overlap when one holds the other, in both directions', () => {
  assert.deepEqual(
    [
      ['10.0.0.0/8', '10.1.0.0/16'],
      ['10.1.0.0/16', '10.0.0.0/8'],
      ['10.0.0.0/9', '10.128.0.0/9'],
      ['0.0.0.0/0', '1.2.3.4/32'],
    ].map(([a = '', b = '']) => overlaps(subnet(a), subnet(b))),
    [true, true, false, true],
  );
});
