import { constants } from 'node:os';
import { say } from '../../core/language/say.ts';
import type { ExpectedEnd } from '../playing/exit-words.ts';
import { show, type StepPart } from './step-part.ts';

/** How a program or a command must end: an exit status, or the name of a signal. */
export function parseEnd(part: StepPart): ExpectedEnd | undefined {
  const { value } = part;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  return (
    signalName(value) ??
    part.wrong(say`must be an exit status from 0 to 255 or a signal, not ${show(value)}`, hintFor(value))
  );
}

/** exit(3): the system keeps the least eight bits of what a program ends with. */
function hintFor(value: unknown): string {
  if (typeof value !== 'number' || !Number.isInteger(value)) return say`for example 0, or SIGTERM`;
  return say`write ${value & 0xff}: that is what the system makes of exit(${value})`;
}

/** `TERM` for `TERM`, `term` and `SIGTERM`; undefined when there is no such signal (signal(7)). */
export function signalName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value.toUpperCase().replace(/^SIG/, '');
  return `SIG${name}` in constants.signals ? name : undefined;
}
