import { sanitize } from '../../core/text/sanitize.ts';
import { say } from '../../core/language/say.ts';
import { causeWords } from '../../reach/ping/cause-words.ts';
import { familyOf } from '../../reach/ping/ping-plan.ts';
import { failureGroups, type FailureGroup, type PingedPair, type PingReport } from '../../reach/ping/ping-report.ts';
import type { Style } from './style.ts';
import { table } from './table.ts';

/** More machines make a table that no terminal shows. */
const MOST_IN_TABLE = 12;
const MOST_LINES = 20;
const MOST_NAMES = 4;

/** A table of few machines, of many only their sums; below it what fails and why, then one line for all. */
export function formatPing(result: PingReport, style: Style): string {
  const { pairs, machines, notAsked } = result;
  const families = ([4, 6] as const).filter((family) => pairs.some(({ address }) => familyOf(address) === family));
  const tables = machines.length > MOST_IN_TABLE ? [] : families.map((family) => familyTable(result, family, families));
  const failures = failureLines(pairs, style);
  const lost = pairs.filter(({ sent, received }) => received > 0 && received < sent);
  const parts = [
    ...tables,
    [
      ...failures,
      ...lostLines(lost, style),
      ...notAsked.map(
        ({ machine, problem }) => say`${style('red', '✖')} ${machine} could not ask: ${sanitize(problem)}`,
      ),
    ]
      .map((line) => `${line}\n`)
      .join(''),
    `${sumLine(result, style)}\n`,
  ];
  const hint = hintLine(pairs);
  return `${parts.filter((part) => part !== '').join('\n')}${hint === undefined ? '' : `${style('cyan', hint)}\n`}`;
}

function familyTable({ pairs, machines }: PingReport, family: 4 | 6, families: readonly number[]): string {
  const own = pairs.filter(({ address }) => familyOf(address) === family);
  const asked = machines.filter((name) => own.some(({ to }) => to === name));
  const asking = machines.filter((name) => own.some(({ from }) => from === name));
  const rows = asking.map((from) => {
    const cells = asked.map((to) => cell(own, from, to));
    return [from].concat(cells);
  });
  const corner = families.length > 1 ? say`ms, IPv${family}` : say`ms`;
  return table([[corner, ...asked.map((name) => `→ ${name}`)], ...rows]);
}

/** The time of all addresses of a machine; where some are silent, how many are not. */
function cell(all: readonly PingedPair[], from: string, to: string): string {
  const pairs = all.filter((pair) => pair.from === from && pair.to === to);
  if (pairs.length === 0) return '·';
  const answered = pairs.filter(({ received }) => received > 0);
  if (answered.length === 0) return '✖';
  if (answered.length < pairs.length) return `${answered.length}/${pairs.length}`;
  return milliseconds(answered.reduce((total, pair) => total + pair.averageMs!, 0) / answered.length);
}

/** Three digits that count. */
function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '-';
  return ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2);
}

function failureLines(pairs: readonly PingedPair[], style: Style): string[] {
  const owners = new Map(pairs.map(({ to, address }) => [address, to]));
  const nameOf = (address: string): string | undefined => owners.get(address);
  const groups = failureGroups(pairs, ({ from, cause }) => {
    const isOwn = cause !== undefined && 'from' in cause && cause.from !== undefined && nameOf(cause.from) === from;
    // A kernel says of itself what it does not find out by asking.
    const told = isOwn && cause.kind === 'no-neighbour' ? { ...cause, from: undefined } : cause;
    return told === undefined ? '' : causeWords(told, nameOf);
  });
  const lines = groups.map((group) => `${style('red', '✖')} ${groupWords(group, nameOf)}`);
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), say`… and ${lines.length - MOST_LINES} more lines: "lab ping --json" has all`];
}

function groupWords({ from, to, cause, isAll }: FailureGroup, nameOf: (address: string) => string | undefined): string {
  const targets = named(
    to.map((address) => (nameOf(address) === undefined ? address : `${nameOf(address)} (${address})`)),
  );
  if (isAll === 'from') return say`${named(from)} → all others: ${cause}`;
  if (isAll === 'to') return say`all others → ${targets}: ${cause}`;
  return `${named(from)} → ${targets}: ${cause}`;
}

function lostLines(lost: readonly PingedPair[], style: Style): string[] {
  const lines = lost.map(
    ({ from, to, address, sent, received }) =>
      `${style('yellow', '!')} ${from} → ${to} (${address}): ${say`${sent - received} of ${sent} echoes lost`}`,
  );
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), say`… and ${lines.length - MOST_LINES} more lines: "lab ping --json" has all`];
}

function named(names: readonly string[]): string {
  if (names.length <= MOST_NAMES + 1) return names.join(', ');
  return say`${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`;
}

function sumLine({ pairs, failed, sent, received, leastMs, averageMs, mostMs }: PingReport, style: Style): string {
  const answered = pairs.length - failed;
  const count = say`${answered} of ${pairs.length} pairs answer`;
  const head = failed === 0 && answered > 0 ? `${style('green', '✔')} ${count}` : `${style('red', '✖')} ${count}`;
  const loss = say`${percent(sent - received, sent)} of the echoes lost`;
  const times =
    leastMs === undefined
      ? undefined
      : say`least, average, most: ${milliseconds(leastMs)}, ${milliseconds(averageMs)}, ${milliseconds(mostMs)} ms`;
  return [head, loss, ...(times === undefined ? [] : [times])].join(', ');
}

/** A loss is never shown as none. */
function percent(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '0 %';
  const value = (part / whole) * 100;
  return value < 1 ? '< 1 %' : `${Math.round(value)} %`;
}

function hintLine(pairs: readonly PingedPair[]): string | undefined {
  const first = pairs.find(({ received }) => received === 0);
  return first === undefined
    ? undefined
    : say`"lab why ${first.from} ${first.to}" looks at each link between two of them.`;
}
