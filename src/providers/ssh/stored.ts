import {
  count,
  fitting,
  list,
  number,
  object,
  oneOf,
  optional,
  port,
  record,
  text,
  truth,
  type Shape,
} from '../../core/json/shape.ts';
import type { AlgorithmLists } from '../../ssh/trust/algorithms.ts';
import type { MachineProfile, ProviderState } from '../provider.ts';
import { usualMethods, USUAL_PASSWORD_PROMPTS, type LoginMethod, type Route } from './route/route.ts';

/** What `state.json` keeps of a machine. */
export interface MachineState {
  readonly route: Route;
  readonly facts: MachineProfile;
}

/** What was stored of a machine, also by an older `lab`; undefined when there is nothing that makes sense. */
export function machineState(state: ProviderState, name: string): MachineState | undefined {
  return fitting(storedMachine, machinesOf(state).get(name));
}

/** The ways to all machines of a state, by name. */
export function storedRoutes(state: ProviderState): ReadonlyMap<string, Route> {
  const found = [...machinesOf(state).keys()].flatMap((name): [string, Route][] => {
    const machine = machineState(state, name);
    return machine === undefined ? [] : [[name, machine.route]];
  });
  return new Map(found);
}

function machinesOf(state: ProviderState): ReadonlyMap<string, unknown> {
  const { machines } = state;
  return new Map(Object.entries(typeof machines === 'object' && machines !== null ? machines : {}));
}

/** A way to a server as it was stored, also by an older `lab`; undefined when it makes no sense. */
export function storedRoute(value: unknown): Route | undefined {
  return fitting(route, value);
}

const names = optional(list(text));

const fields = object<Omit<Route, 'methods' | 'passwordPrompts'> & Partial<Route>>({
  alias: text,
  host: text,
  port,
  user: text,
  family: optional(oneOf(4, 6)),
  hostKeyAlias: optional(text),
  keyFiles: list(object({ path: text, isWanted: truth })),
  onlyKeyFiles: truth,
  agent: optional(text),
  knownHostsFiles: list(text),
  newHostKeys: oneOf('ask', 'accept', 'refuse'),
  methods: optional(list(oneOf<LoginMethod>('publickey', 'password', 'keyboard-interactive'))),
  passwordPrompts: optional(count),
  isBatch: optional(truth),
  certificateFiles: names,
  bindAddress: optional(text),
  bindInterface: optional(text),
  asksKnownHostsCommand: optional(truth),
  algorithms: optional(
    object<Partial<AlgorithmLists>>({
      kexalgorithms: names,
      hostkeyalgorithms: names,
      ciphers: names,
      macs: names,
      pubkeyacceptedalgorithms: names,
    }),
  ),
  timeoutMs: optional(count),
  heartbeat: optional(object({ intervalMs: count, count })),
  jumps: list((value, where) => route(value, where)),
  proxyCommand: optional(text),
});

/** With what an older `lab` did not store. */
const route: Shape<Route> = (value, where) => ({
  methods: usualMethods,
  passwordPrompts: USUAL_PASSWORD_PROMPTS,
  ...fields(value, where),
});

const anyNumber = number(-Number.MAX_VALUE, Number.MAX_VALUE);

const storedMachine = object<MachineState>({
  route,
  facts: object<MachineProfile>({
    hostname: optional(text),
    system: optional(text),
    distribution: optional(text),
    user: text,
    shell: optional(text),
    sudo: oneOf('without-password', 'with-password', 'none'),
    tools: list(text),
    python: optional(text),
    node: optional(text),
    home: object({ path: text, writable: truth, executable: truth, freeBytes: optional(anyNumber) }),
    clock: optional(object({ offsetMs: anyNumber, roundTripMs: anyNumber })),
    unknownNames: record(text),
  }),
});
