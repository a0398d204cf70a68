import { say } from '../../core/language/say.ts';
import { sanitize } from '../../core/text/sanitize.ts';
import { wallWord, type MachineWalls, type Wall, type WallsResult, type WallState } from '../../walls/wall-report.ts';
import type { Style } from './style.ts';

/** Columns of the names of walls, at least. */
const NAME_WIDTH = 12;
const sides = { host: say`from this host`, neighbours: say`from its neighbours` } as const;

/** What separates each machine, a line a wall, and what the marks mean. */
export function formatWalls({ lab, provider, machines, open }: WallsResult, style: Style): string {
  const width = Math.max(NAME_WIDTH, ...machines.flatMap(({ walls }) => walls.map((wall) => wallWord(wall).length)));
  const verdict =
    open === 0
      ? say`Nothing got through that should not.`
      : style(
          'red',
          open === 1 ? say`OPEN: something got through one wall.` : say`OPEN: something got through ${open} walls.`,
        );
  return (
    say`What separates the machines of ${style('bold', lab)} (${provider}), tried now:\n` +
    machines.map((machine) => machineText(machine, width, style)).join('') +
    `\n${marks(style)}\n${verdict}\n`
  );
}

function machineText({ machine, walls }: MachineWalls, width: number, style: Style): string {
  const parts = (['host', 'neighbours'] as const).map((side) => {
    const lines = walls.filter(({ from }) => from === side).flatMap((wall) => wallLines(wall, width, style));
    return lines.length === 0 ? '' : `  ${sides[side]}\n${lines.join('\n')}\n`;
  });
  return `\n${style('bold', machine)}\n${parts.join('')}`;
}

function mark(state: WallState, style: Style): string {
  return { holds: style('green', '✔'), shared: '=', open: style('red', '✖'), unknown: style('yellow', '?') }[state];
}

function marks(style: Style): string {
  return say`${mark('holds', style)} holds   = shared on purpose   ${mark('unknown', style)} not known   ${mark('open', style)} open`;
}

function wallLines(wall: Wall, width: number, style: Style): string[] {
  const { state, seen } = wall;
  const [first = '', ...rest] = wrapped(state === 'open' ? say`OPEN: ${seen}` : seen);
  return [
    `    ${mark(state, style)} ${wallWord(wall).padEnd(width)}  ${state === 'open' ? style('red', first) : first}`,
    ...rest.map((line) => `${' '.repeat(width + 8)}${line}`),
  ];
}

/** A paragraph in lines of about 90 characters. */
function wrapped(text: string): readonly string[] {
  return sanitize(text).match(/\S.{0,88}(?=\s|$)|\S{90,}/g) ?? [];
}
