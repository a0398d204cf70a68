import type { MachineFacts, ProviderState } from '../provider.ts';
import type { Route } from './route.ts';

/** What `state.json` keeps of a machine. */
export interface MachineState {
  readonly route: Route;
  readonly facts: MachineFacts;
}

/** What was stored of a machine; undefined when there is nothing that makes sense. */
export function machineState(state: ProviderState, name: string): MachineState | undefined {
  const machines = state['machines'] as Readonly<Record<string, MachineState | undefined>> | undefined;
  const stored = machines?.[name];
  return typeof stored?.route?.host === 'string' && Array.isArray(stored.route.jumps) ? stored : undefined;
}
