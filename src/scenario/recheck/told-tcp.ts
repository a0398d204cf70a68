import { fitting, object, oneOf, optional, orWord, port, truth, whole } from '../../core/json/shape.ts';
import type { TcpExpectation } from '../tcp/tcp-expectation.ts';
import type { StepMap } from './step-text.ts';
import { partOf, payloadOf } from './told-payload.ts';

const count = whole(0, 1e9);
const countOrSome = orWord('some', count);
const plainShape = object<Omit<TcpExpectation, 'close' | 'payload'>>({
  port: optional(port),
  connections: optional(count),
  handshake: optional(truth),
  reset: optional(oneOf('none', 'any', 'client', 'server')),
  retransmissions: optional(countOrSome),
  'zero-windows': optional(countOrSome),
});
const closeShape = object<NonNullable<TcpExpectation['close']>>({
  by: optional(oneOf('client', 'server', 'both')),
  kind: optional(oneOf('fin', 'rst', 'open')),
});

/** What a `tcp` step wanted, from its text; undefined when that says something else. */
export function toldTcp({ entries }: StepMap): TcpExpectation | undefined {
  const plain = fitting(plainShape, Object.fromEntries(entries));
  const close = partOf(entries.get('close'), (map) => fitting(closeShape, Object.fromEntries(map.entries)));
  const payload = partOf(entries.get('payload'), payloadOf);
  if (plain === undefined || close === 'wrong' || payload === 'wrong') return undefined;
  return { ...plain, ...(close && { close }), ...(payload && { payload }) };
}
