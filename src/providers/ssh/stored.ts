import {
  isCount,
  isFlag,
  isNumber,
  isPort,
  isText,
  listOf,
  mapOf,
  oneOf,
  optional,
  recordOf,
  type Check,
} from '../../core/json/json-checks.ts';
import type { MachineFacts, ProviderState } from '../provider.ts';
import { usualMethods, USUAL_PASSWORD_PROMPTS, type Route } from './route/route.ts';

/** What `state.json` keeps of a machine. */
export interface MachineState {
  readonly route: Route;
  readonly facts: MachineFacts;
}

/** What was stored of a machine; undefined when there is nothing that makes sense. */
export function machineState(state: ProviderState, name: string): MachineState | undefined {
  const machines = state['machines'] as Readonly<Record<string, MachineState | undefined>> | null | undefined;
  const stored = Object.hasOwn(machines ?? {}, name) ? machines?.[name] : undefined;
  const route = storedRoute(stored?.route);
  return route !== undefined && isFacts(stored?.facts) ? { facts: stored!.facts, route } : undefined;
}

/** What an older `lab` did not store. */
const usual: Partial<Route> = { methods: usualMethods, passwordPrompts: USUAL_PASSWORD_PROMPTS };

/** A way to a server as it was stored, also by an older `lab`; undefined when it makes no sense. */
export function storedRoute(value: unknown): Route | undefined {
  if (!isRoute(value)) return undefined;
  const route = value as Route;
  return { ...usual, ...route, jumps: route.jumps.flatMap((jump) => storedRoute(jump) ?? []) };
}

const isMethod = oneOf('publickey', 'password', 'keyboard-interactive');

const isRoute: Check = recordOf({
  alias: isText,
  host: isText,
  port: isPort,
  user: isText,
  family: optional(oneOf(4, 6)),
  hostKeyAlias: optional(isText),
  keyFiles: listOf(recordOf({ path: isText, isWanted: isFlag })),
  onlyKeyFiles: isFlag,
  agent: optional(isText),
  knownHostsFiles: listOf(isText),
  newHostKeys: oneOf('ask', 'accept', 'refuse'),
  methods: optional(listOf(isMethod)),
  passwordPrompts: optional(isCount),
  isBatch: optional(isFlag),
  certificateFiles: optional(listOf(isText)),
  bindAddress: optional(isText),
  bindInterface: optional(isText),
  asksKnownHostsCommand: optional(isFlag),
  algorithms: optional(mapOf(listOf(isText))),
  timeoutMs: optional(isCount),
  heartbeat: optional(recordOf({ intervalMs: isCount, count: isCount })),
  jumps: listOf((jump) => isRoute(jump)),
  proxyCommand: optional(isText),
});

const isFacts: Check = recordOf({
  hostname: optional(isText),
  system: optional(isText),
  distribution: optional(isText),
  user: isText,
  shell: optional(isText),
  sudo: oneOf('without-password', 'with-password', 'none'),
  tools: listOf(isText),
  python: optional(isText),
  node: optional(isText),
  home: recordOf({ path: isText, writable: isFlag, executable: isFlag, freeBytes: optional(isNumber) }),
  clock: optional(recordOf({ offsetMs: isNumber, roundTripMs: isNumber })),
  unknownNames: mapOf(isText),
});
