import type { Language } from '../language/languages.ts';
import { roleFile } from '../run/run-files.ts';
import { foldedLines } from '../terminals/repeated-lines.ts';
import type { BoundedText } from '../report-data.ts';
import { data, type Block } from './blocks.ts';
import type { RunRole } from './roles-by-side.ts';
import { statusText } from './status-text.ts';

/** The terminals of some roles as text: what each operator saw. */
export function terminals(members: readonly RunRole[], language: Language): Block[] {
  if (members.length === 0) return [{ kind: 'remark', tone: 'none', text: language.report.terminals.none }];
  return members.flatMap((member) => terminalBlocks(member, language));
}

function terminalBlocks({ role, terminal }: RunRole, language: Language): Block[] {
  const { terminals: words } = language.report;
  if (role.command === null) return [{ kind: 'remark', tone: 'none', text: words.neverStarted(role.role) }];
  const isEmpty = terminal === undefined || terminal.text.head === '';
  const shown: Block = isEmpty
    ? { kind: 'remark', tone: 'none', text: words.empty }
    : {
        kind: 'listing',
        caption: data(`${role.role} · ${role.machine}`),
        text: foldedText(terminal.text, language),
        omitted: (bytes) => words.omitted(bytes, roleFile(role.role, 'log')),
        language: 'terminal',
      };
  const { omittedBytes = 0 } = role;
  const lost: Block[] =
    omittedBytes === 0
      ? []
      : [{ kind: 'remark', tone: 'bad', text: words.notStored(role.role, language.notation.bytes(omittedBytes)) }];
  return [
    { kind: 'paragraph', text: words.serverIntro(role.role, role.machine, role.user ?? '') },
    shown,
    ...lost,
    { kind: 'paragraph', text: words.end(statusText(role, language)) },
  ];
}

/** So often the same lines are shown, then they are counted. */
const TIMES_SHOWN = 20;

function foldedText({ head, tail, omittedBytes }: BoundedText, language: Language): BoundedText {
  const folded = (text: string): string =>
    foldedLines(text.split('\n'), TIMES_SHOWN)
      .map((each) => ('line' in each ? each.line : plain(language.failure.repeated(each.cycle, each.times))))
      .join('\n');
  return { head: folded(head), tail: folded(tail), omittedBytes };
}

/** As it stands in a listing: with ordinary blanks. */
function plain(text: string): string {
  return text.replaceAll(/[\u00a0\u202f]/g, ' ');
}
