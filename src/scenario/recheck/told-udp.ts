import { fitting, name, object, optional, port, ShapeError, type Shape } from '../../core/json/shape.ts';
import type { CountRange } from '../../core/packet-problem.ts';
import { rangeOf } from '../udp/count-range.ts';
import type { UdpExpectation } from '../udp/udp-expectation.ts';
import type { StepMap } from './step-text.ts';
import { partOf, payloadOf } from './told-payload.ts';

const range: Shape<CountRange> = (value, where) => {
  const found = rangeOf(value);
  if (found === undefined) throw new ShapeError(where, 'a range', value);
  return found;
};
const plainShape = object<Omit<UdpExpectation, 'datagrams' | 'payload'>>({
  port: optional(port),
  from: optional(name),
  answered: optional(range),
  lost: optional(range),
  duplicated: optional(range),
  reordered: optional(range),
  fragmented: optional(range),
  unreachable: optional(range),
});
const countShape = object<NonNullable<UdpExpectation['datagrams']>>({
  client: optional(range),
  server: optional(range),
});

/** What a `udp` step wanted, from its text; undefined when that says something else. */
export function toldUdp({ entries }: StepMap): UdpExpectation | undefined {
  const plain = fitting(plainShape, Object.fromEntries(entries));
  const datagrams = partOf(entries.get('datagrams'), (map) => fitting(countShape, Object.fromEntries(map.entries)));
  const payload = partOf(entries.get('payload'), payloadOf);
  if (plain === undefined || datagrams === 'wrong' || payload === 'wrong') return undefined;
  return { ...plain, ...(datagrams && { datagrams }), ...(payload && { payload }) };
}
