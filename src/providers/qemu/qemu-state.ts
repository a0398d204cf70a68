import { object, oneOf, optional, record, whole } from '../../core/json/shape.ts';
import type { ProviderState } from '../provider.ts';
import { readProviderState } from '../provider-state.ts';
import { accelerationNames, type AccelerationName } from './process/acceleration.ts';

/** What is needed to find the machines again. */
export interface QemuState {
  /** Of this host's loopback interface, by machine; each leads to its SSH server. */
  readonly ports: Readonly<Record<string, number>>;
  /** Undefined in states of an older lab. */
  readonly acceleration?: AccelerationName | undefined;
}

const qemuState = object<QemuState>({
  ports: record(whole(1, 65_535)),
  acceleration: optional(oneOf(...accelerationNames)),
});

/** @throws {EnvironmentError} `state-broken` when it is none. */
export function readQemuState(state: ProviderState): QemuState {
  return readProviderState(qemuState, state, 'qemu');
}
