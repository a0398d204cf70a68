/** Fewer names in a row are shown as they are. */
const LEAST_RUN = 3;
/** Maps stand in maps at most so deep. */
const MOST_LEVELS = 4;
const NUMBERED = /^(.*-)(\d{1,9})$/s;

/** A part of a step: `client-1: "hello 1"`, or `client-1`. */
interface Part {
  readonly name: string;
  /** What stands behind the name, its colon included; empty in a list. */
  readonly rest: string;
}

/**
 * The text of a step as it is shown: parts that differ in nothing but the number of a program are one.
 * `send: { client-1…30: "hello {n}" }` is short for thirty of them. Records keep the whole text.
 */
export function briefStep(text: string): string {
  return briefValue(text, MOST_LEVELS);
}

/** The same of what stands behind a name: `expect: { … }`. */
function briefValue(text: string, levels: number): string {
  const [, head = '', open = '', body = '', close = ''] = /^(\w*: )(\{ |\[)(.*)( \}|\])$/s.exec(text) ?? [];
  if (open === '' || (open === '[') !== (close === ']') || levels === 0) return text;
  const parts = partsOf(body)
    .map(partOf)
    .map(({ name, rest }) => ({ name, rest: briefValue(rest, levels - 1) }));
  const shown = runsOf(parts).map(runText);
  return open === '[' && shown.length === 1 ? `${head}${shown[0]!}` : `${head}${open}${shown.join(', ')}${close}`;
}

/** Names of programs, those that differ in their numbers alone as one: `client-1…30`. */
export function briefNames(names: readonly string[]): string[] {
  return runsOf(names.map((name) => ({ name, rest: '' }))).map(runText);
}

/** The text at its commas, as far as they stand in no quotes, pattern or brackets. */
function partsOf(body: string): string[] {
  const pieces = body.match(/"(?:[^"\\]|\\.)*"|\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|, |[\s\S]/g) ?? [];
  const parts = [''];
  let depth = 0;
  for (const piece of pieces) {
    if (piece === '{' || piece === '[') depth++;
    if (piece === '}' || piece === ']') depth--;
    if (piece === ', ' && depth === 0) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}

function partOf(text: string): Part {
  const [, name, rest] = /^([\w.-]+)(: .*)$/s.exec(text) ?? [];
  return name === undefined || rest === undefined ? { name: text, rest: '' } : { name, rest };
}

/** Parts in a row whose names count up by one, and that say the same or the same but for that number. */
function runsOf(parts: readonly Part[]): Part[][] {
  const runs: Part[][] = [];
  for (const part of parts) {
    const run = runs.at(-1);
    if (run !== undefined && follows(run, part)) run.push(part);
    else runs.push([part]);
  }
  return runs.flatMap((run) => (run.length < LEAST_RUN ? run.map((part) => [part]) : [run]));
}

function follows(run: readonly Part[], part: Part): boolean {
  const last = run.at(-1)!;
  const [, stem, number] = NUMBERED.exec(last.name) ?? [];
  if (stem === undefined || part.name !== `${stem}${Number(number) + 1}`) return false;
  const isSame = run.every(({ rest }) => rest === part.rest);
  return isSame || run.every((each) => counted(each) === counted(part));
}

/** What a part says, its own number replaced. */
function counted({ name, rest }: Part): string {
  const number = NUMBERED.exec(name)?.[2] ?? '';
  return rest.replaceAll(new RegExp(`(?<!\\d)${number}(?!\\d)`, 'g'), '{n}');
}

function runText(run: readonly Part[]): string {
  const [first, last] = [run[0]!, run.at(-1)!];
  if (first === last) return `${first.name}${first.rest}`;
  const isSame = run.every(({ rest }) => rest === first.rest);
  return `${first.name}…${NUMBERED.exec(last.name)![2]!}${isSame ? first.rest : counted(first)}`;
}
