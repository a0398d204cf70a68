/** The recordings of one run, as the run folder has them (asciicast v2). */
export interface Recordings {
  /** `session.cast`: all terminals, in order, and the steps. */
  readonly session: string;
  /** `ROLE.cast` by role: one terminal each. */
  readonly roles: Readonly<Record<string, string>>;
  /** What the last picture says of the run. */
  readonly ending: string;
}

/** Seconds from one thing that happens to the next: a run takes less time than a reader. */
const STEP_S = 0.8;
/** Seconds for which the last picture stays. */
const REST_S = 6;

const WIDTH = 840;
const PADDING = 16;
const LINE = 21;
const CHARACTER = 7.6;
const TITLE_Y = 56;
const FIRST_LINE_Y = 86;
/** Below the terminals. */
const FOOT = 36;

type CastEvent = readonly [time: number, kind: string, data: string];

/** A line of a terminal, or a step, and the second in which it appears. */
interface Moment {
  readonly at: number;
  /** Undefined for a step. */
  readonly role: string | undefined;
  readonly words: string;
}

/**
 * A recording as a picture that moves by itself, without a script: one pane for each terminal, the step that is played
 * below. It has its own ground, so it can be read on a light page and on a dark one; for readers who want no motion it
 * is the last picture.
 */
export function recordingSvg({ session, roles, ending }: Recordings): string {
  const moments = momentsOf(session);
  const motion = new Motion(moments.length * STEP_S + REST_S);
  const panes = Object.entries(roles).map(([role, cast], index, all) => ({
    title: titleOf(cast),
    typed: typedIn(cast),
    x: (index * WIDTH) / all.length + PADDING,
    lines: moments.filter((moment) => moment.role === role),
  }));
  const height = FIRST_LINE_Y + Math.max(...panes.map(({ lines }) => lines.length)) * LINE + FOOT;
  const steps = moments.filter(({ role }) => role === undefined);
  const body = [
    text('$ lab run', { x: PADDING, y: 21, look: 'command' }),
    ...panes.flatMap((pane) => [
      text(pane.title, { x: pane.x, y: TITLE_Y, look: 'title' }),
      ...pane.lines.map(({ words, at }, row) =>
        motion.show(lineText(words, pane.typed, { x: pane.x, y: FIRST_LINE_Y + row * LINE }), at),
      ),
    ]),
    ...steps.slice(0, -1).map(({ words, at }, index) => {
      const step = text(`▸ ${words}`, { x: PADDING, y: height - 16, look: 'step' });
      return motion.show(step, at, steps[index + 1]!.at);
    }),
    motion.show(text(`✔ ${ending}`, { x: PADDING, y: height - 16, look: 'passed' }), steps.at(-1)!.at),
  ];
  return page({ height, label: `lab run: ${panes.map(({ title }) => title).join(', ')}`, motion, body });
}

interface Picture {
  readonly height: number;
  readonly label: string;
  readonly motion: Motion;
  readonly body: readonly string[];
}

function page({ height, label, motion, body }: Picture): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(label)}">
<style>
text { font: 13px ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #e7ecf2; white-space: pre; }
.command, .step { fill: #a3aebc; }
.title { fill: #78aefc; font-weight: 700; }
.typed { fill: #f4a261; font-weight: 700; }
.passed { fill: #5fcf97; font-weight: 700; }
${motion.rules()}
</style>
<rect width="${WIDTH}" height="${height}" rx="8" fill="#12161c"/>
<path d="M${WIDTH / 2} 38V${height - 40}M0 ${height - 40}H${WIDTH}M0 32H${WIDTH}" stroke="#2c3440"/>
${body.join('\n')}
</svg>
`;
}

/** Shows things from one second to another, again and again. */
class Motion {
  readonly #rules: string[] = [];
  readonly #end: number;

  constructor(endSeconds: number) {
    this.#end = endSeconds;
  }

  show(drawn: string, from: number, to = this.#end): string {
    const share = (time: number): string => `${((time / this.#end) * 100).toFixed(2)}%`;
    const isLast = to === this.#end;
    const name = `k${this.#rules.length}`;
    this.#rules.push(
      `@keyframes ${name}{0%{opacity:0}${share(from)}{opacity:1}${share(to)}{opacity:${isLast ? 1 : 0}}}`,
    );
    return `<g class="move${isLast ? '' : ' gone'}" style="animation-name:${name}">${drawn}</g>`;
  }

  rules(): string {
    return [
      `.move { animation: ${this.#end.toFixed(1)}s step-end infinite; }`,
      '.gone { opacity: 0; }',
      '@media (prefers-reduced-motion: reduce) { .move { animation: none; } }',
      ...this.#rules,
    ].join('\n');
  }
}

function momentsOf(session: string): Moment[] {
  return eventsOf(session).map(([, kind, data], index) => {
    const at = index * STEP_S;
    if (kind === 'm') return { at, role: undefined, words: data };
    const [, role = '', words = ''] = /^\x1b\[\d+m(\S+) +│\x1b\[0m (.*)\r\n$/.exec(data) ?? [];
    return { at, role, words };
  });
}

function eventsOf(cast: string): CastEvent[] {
  const [, ...lines] = cast.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as CastEvent);
}

function titleOf(cast: string): string {
  return (JSON.parse(cast.slice(0, cast.indexOf('\n'))) as { title: string }).title;
}

/** The lines that were typed there. */
function typedIn(cast: string): string[] {
  return eventsOf(cast).flatMap(([, kind, data]) => (kind === 'i' ? [data.trimEnd()] : []));
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** What was typed behind a prompt stands out. */
function lineText(line: string, typed: readonly string[], { x, y }: Place): string {
  const end = typed.find((one) => line.endsWith(`$ ${one}`)) ?? '';
  const said = line.slice(0, line.length - end.length);
  return `${text(said, { x, y, look: 'said' })}${end === '' ? '' : text(end, { x: x + said.length * CHARACTER, y, look: 'typed' })}`;
}

/** Of the same width in whatever font there is. */
function text(words: string, { x, y, look }: Place & { readonly look: string }): string {
  const shown = words.trimEnd();
  const width = (shown.length * CHARACTER).toFixed(1);
  return `<text class="${look}" x="${x.toFixed(1)}" y="${y}" textLength="${width}" lengthAdjust="spacingAndGlyphs">${escaped(shown)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
