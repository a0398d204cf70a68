import type { Expectation } from '../../core/step-problem.ts';
import { outcomeOf, type Deadline, type PlayContext } from '../playing/play-context.ts';
import type { ProgramTerminal } from '../playing/program-terminal.ts';
import { MASK } from '../../core/text/mask.ts';
import { say } from '../../core/language/say.ts';
import { takeLine } from '../waiting/ready.ts';
import { StepFailure } from '../playing/step-failure.ts';
import { keyOf } from '../order.ts';
import { inGroups } from '../playing/in-groups.ts';
import { parseRoleMap, type RoleEntry } from '../reading/roles.ts';
import { mapSchema, textSchema } from '../reading/schema-parts.ts';
import type { StepPart } from '../reading/step-part.ts';
import { mapText } from '../reading/step-words.ts';
import { parseText } from '../reading/texts.ts';
import { defineVerb } from './define-verb.ts';

/** Text by role, in order. */
type Lines = readonly RoleEntry<string>[];

export const send = defineVerb<Lines>('send', {
  schema: mapSchema(textSchema),
  description: say`Waits until the program asks for a line, then types it (a terminal takes at most 4095 bytes).`,
  example: { client: 'Hello vm1' },
  timeoutMs: 10_000,
  isQuoted: true,
  parse: (part) => parseRoleMap(part, 'send: { client: "Hello" }', parseTyped),
  text: (lines) => mapText(lines.map(([role, text]) => [role, JSON.stringify(text)])),
  acts: (lines) => lines.map(([role, text]) => ({ role, does: say`types ${JSON.stringify(text)}` })),
  follow(lines, order) {
    for (const [role, , group] of lines) order.needsRunning(role, keyOf(role, group));
  },
  async play(lines, limit, play) {
    const ours = lines.filter(([role]) => !play.isOperated(role));
    const deadline = play.deadlineOf(limit);
    await inGroups(ours, (role, text, before) => sendText(text, play.terminal(role), { deadline, play, before }));
    return outcomeOf(ours);
  },
  recorded: (action) => (action.kind === 'typed' ? { [action.role]: action.line } : undefined),
});

/** Bytes of one line that a terminal takes in canonical mode (termios(3)); it drops the rest silently. */
const LONGEST_LINE = 4095;

const BEYOND_LATIN1 = /[^\0-\xff]/u;

/** Text that is typed: no line of it may be cut on its way. */
function parseTyped(part: StepPart): string | undefined {
  const text = parseText(part);
  const odd = part.lab.programs.get(part.key)?.encoding === 'latin1' ? BEYOND_LATIN1.exec(text ?? '')?.[0] : undefined;
  if (odd !== undefined)
    return part.wrong(
      say`has "${odd}", which there is not in latin1`,
      say`write it otherwise, or remove "encoding: latin1"`,
    );
  const lengths = text?.split(/[\r\n]/).map((line) => Buffer.byteLength(line)) ?? [];
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  if (longest <= LONGEST_LINE) return text;
  return part.wrong(
    say`has a line of ${longest} bytes; a terminal takes ${LONGEST_LINE} of a line and drops the rest, so the program would not get it whole`,
    say`make it several lines; let the program read long data from a file of "files"`,
  );
}

async function sendText(
  text: string,
  terminal: ProgramTerminal,
  {
    deadline,
    play,
    before,
  }: { readonly deadline: Deadline; readonly play: PlayContext; readonly before: Promise<void> },
): Promise<void> {
  const keys = isKeys(text);
  const { role } = terminal;
  const isHidden = !keys && (await takeLine(play, terminal, deadline)) === 'hidden';
  await before;
  if (isHidden) await play.keepSecret(text);
  const expected: Expectation = { kind: 'typed', role, text: isHidden ? MASK : text };
  const { status } = terminal;
  if (status) throw new StepFailure({ expected, seen: { kind: 'ended-otherwise', end: status }, role });
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const work = keys ? terminal.press(text) : terminal.type(lines, { isHidden });
  await play.waitUntilTaken(terminal, deadline, { expected, work });
}

/** Nothing but control characters, as a person presses keys: no Enter follows, and no prompt is waited for. */
function isKeys(text: string): boolean {
  return /^[\0-\x09\x0b-\x1f\x7f]+$/.test(text);
}
