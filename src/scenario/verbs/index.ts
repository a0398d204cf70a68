import { all } from './all.ts';
import { any } from './any.ts';
import { close } from './close.ts';
import type { Verb } from './define-verb.ts';
import { exit } from './exit.ts';
import { expect } from './expect.ts';
import { not } from './not.ts';
import { press } from './press.ts';
import { run } from './run.ts';
import { send } from './send.ts';
import { signal } from './signal.ts';
import { start } from './start.ts';
import { tcp } from './tcp.ts';
import { udp } from './udp.ts';
import { wait } from './wait.ts';

/** Every verb of scenarios, a row each, in the order in which they are listed to people. */
export const verbs: readonly Verb[] = [
  start,
  send,
  press,
  expect,
  all,
  any,
  not,
  exit,
  close,
  signal,
  wait,
  run,
  tcp,
  udp,
];

const byName: ReadonlyMap<string, Verb> = new Map(verbs.map((verb) => [verb.name, verb]));

/** The verb of this name; undefined when there is none. */
export function verbNamed(name: string): Verb | undefined {
  return byName.get(name);
}
