import type { MachineFacts, ProviderState } from '../provider.ts';
import { usualMethods, usualPasswordPrompts, type Route } from './route.ts';

/** What `state.json` keeps of a machine. */
export interface MachineState {
  readonly route: Route;
  readonly facts: MachineFacts;
}

/** What was stored of a machine; undefined when there is nothing that makes sense. */
export function machineState(state: ProviderState, name: string): MachineState | undefined {
  const machines = state['machines'] as Readonly<Record<string, MachineState | undefined>> | undefined;
  const stored = machines?.[name];
  const route = storedRoute(stored?.route);
  return stored !== undefined && route !== undefined ? { ...stored, route } : undefined;
}

/** What an older `lab` did not store. */
const usual: Partial<Route> = { methods: usualMethods, passwordPrompts: usualPasswordPrompts };

/** A way to a server as it was stored, also by an older `lab`; undefined when it makes no sense. */
export function storedRoute(value: unknown): Route | undefined {
  const { host, jumps } = (value ?? {}) as Partial<Route>;
  if (typeof host !== 'string' || !Array.isArray(jumps)) return undefined;
  return { ...usual, ...(value as Route), jumps: jumps.flatMap((jump) => storedRoute(jump) ?? []) };
}
