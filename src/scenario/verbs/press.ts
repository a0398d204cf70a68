import type { Expectation } from '../../core/step-problem.ts';
import { letPass } from '../../core/time/retry.ts';
import { say } from '../../core/language/say.ts';
import { keyOf } from '../order.ts';
import { outcomeOf, type Deadline, type PlayContext } from '../playing/play-context.ts';
import type { ProgramTerminal } from '../playing/program-terminal.ts';
import { StepFailure } from '../playing/step-failure.ts';
import { waitForKeyboard } from '../waiting/ready.ts';
import { keyOrText, type Key } from '../reading/keys.ts';
import { inGroups } from '../playing/in-groups.ts';
import { parseRoleMap, type RoleEntry } from '../reading/roles.ts';
import { mapSchema } from '../reading/schema-parts.ts';
import { allOf, type StepPart } from '../reading/step-part.ts';
import { listText, mapText } from '../reading/step-words.ts';
import { parseText } from '../reading/texts.ts';
import { defineVerb } from './define-verb.ts';

/** Keys by role, in order. */
type Presses = readonly RoleEntry<readonly Key[]>[];

/**
 * Programs know Esc from the start of what another key sends only by the time that passes behind it: as one piece, Esc and
 * q are Alt-q.
 */
const ESC_PAUSE_MS = 100;
/** Ctrl-C, Ctrl-\\ and Ctrl-Z: a terminal makes signals of them, whether the program reads it or not. */
const SIGNAL_KEYS = '\x03\x1c\x1a';
const EXAMPLE = 'press: { client: [Down, Enter] }';
const keySchema = {
  type: 'string',
  minLength: 1,
  description: say`A key (\`Up\`, \`Tab\`, \`Enter\`, \`Esc\`, \`F1\`, \`Ctrl-D\`, \`Alt-x\`), or a text, which is typed without Enter.`,
};

export const press = defineVerb<Presses>('press', {
  schema: mapSchema({ anyOf: [keySchema, { type: 'array', minItems: 1, items: keySchema }] }),
  description: say`Waits until the program takes keys, then presses them, without Enter: names (\`Up\`, \`Down\`, \`Left\`, \`Right\`, \`Home\`, \`End\`, \`PageUp\`, \`PageDown\`, \`Tab\`, \`Enter\`, \`Esc\`, \`Space\`, \`Backspace\`, \`Delete\`, \`Insert\`, \`F1\` to \`F12\`, also with \`Ctrl-\`, \`Alt-\`, \`Shift-\`) and texts.`,
  example: { client: ['Down', 'q'] },
  timeoutMs: 10_000,
  parse: (part) => parseRoleMap(part, EXAMPLE, parseKeys),
  text: (presses) => mapText(presses.map(([role, keys]) => [role, listText(keys.map(keyText))])),
  follow(presses, order) {
    for (const [role, , group] of presses) order.needsRunning(role, keyOf(role, group));
  },
  async play(presses, limit, play) {
    const ours = presses.filter(([role]) => !play.isOperated(role));
    const deadline = play.deadlineOf(limit);
    await inGroups(ours, (role, keys) => pressKeys(keys, play.terminal(role), { deadline, play }));
    return outcomeOf(ours);
  },
  recorded: (action) =>
    action.kind === 'pressed' ? { [action.role]: action.keys.length === 1 ? action.keys[0] : action.keys } : undefined,
});

function parseKeys(part: StepPart): Key[] | undefined {
  const items = part.items() ?? [part];
  if (items.length === 0) return part.wrong(say`needs at least one key`, say`for example: ${EXAMPLE}`);
  return allOf(items.map(parseKey));
}

function parseKey(part: StepPart): Key | undefined {
  const written = parseText(part);
  if (written === undefined) return undefined;
  if (written === '') return part.wrong(say`must not be empty`, say`name a key, for example: ${EXAMPLE}`);
  const key = keyOrText(written);
  return 'hint' in key ? part.wrong(say`there is no key ${JSON.stringify(written)}`, key.hint) : key;
}

/** Names of keys, and texts that YAML takes for texts, need no quotes. */
function keyText({ written }: Key): string {
  return /^[A-Za-z][\w-]*$/.test(written) ? written : JSON.stringify(written);
}

async function pressKeys(
  keys: readonly Key[],
  terminal: ProgramTerminal,
  { deadline, play }: { readonly deadline: Deadline; readonly play: PlayContext },
): Promise<void> {
  const { role } = terminal;
  const expected: Expectation = { kind: 'typed', role, text: keys.map(({ written }) => written).join(' ') };
  const isForTerminal = keys.every(({ sent }) => SIGNAL_KEYS.includes(sent));
  const entry = isForTerminal || terminal.status ? undefined : await waitForKeyboard(play, terminal, deadline);
  const { status } = terminal;
  if (status) throw new StepFailure({ expected, seen: { kind: 'ended-otherwise', end: status }, role });
  for (const piece of piecesOf(keys)) {
    const { hasApplicationKeys } = terminal.reader;
    const sent = piece.map((key) => (hasApplicationKeys ? key.sentInApplication : undefined) ?? key.sent).join('');
    await play.waitUntilTaken(terminal, deadline, {
      expected,
      work: terminal.press(sent, { isHidden: entry === 'hidden' }),
    });
    if (isEsc(piece.at(-1))) await letPass(ESC_PAUSE_MS, play.signal);
  }
}

/** The keys in pieces that end with Esc, and the rest. */
function piecesOf(keys: readonly Key[]): Key[][] {
  const pieces: Key[][] = [[]];
  keys.forEach((key, i) => {
    pieces.at(-1)!.push(key);
    if (isEsc(key) && i < keys.length - 1) pieces.push([]);
  });
  return pieces;
}

function isEsc(key: Key | undefined): boolean {
  return key?.sent === '\x1b';
}
