import { writtenPort } from '../../core/listen-port.ts';
import { closeNote } from '../diagram/phase-note.ts';
import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { plainData, type ReportDocument, type Tile, type Tone, type Value } from './blocks.ts';
import { misfitLines } from '../language/record-en.ts';
import { failureDetails } from './failure-details.ts';
import { missingWords, protocolsOf } from './protocols.ts';
import { rolesBySide } from './roles-by-side.ts';
import { statusText, statusTone } from './status-text.ts';
import { udpTiles } from './udp/udp-tiles.ts';

/** Who, when, what. */
export function headingOf(
  { run, lab }: ReportData,
  { notation, report: { heading, results } }: Language,
): ReportDocument['heading'] {
  const { authors = [], group, course } = lab?.report ?? {};
  const lines: readonly (readonly [string, Value | undefined])[] = [
    [
      authors.length > 1 ? heading.authors : heading.author,
      authors.length === 0 ? plainData(heading.notGiven) : plainData(authors.join(', ')),
    ],
    [heading.group, group === undefined ? undefined : plainData(group)],
    [heading.course, course === undefined ? undefined : plainData(course)],
    [heading.date, run.startedAt === null ? undefined : plainData(notation.dateTime(Date.parse(run.startedAt)))],
    [heading.scenario, { data: run.scenario }],
    [heading.parameters, parametersOf(lab?.params)],
    [heading.run, { data: run.run }],
    [heading.result, plainData(results[run.result], run.result === 'passed' ? 'good' : 'bad')],
  ];
  return lines.flatMap(([label, value]) => (value === undefined ? [] : [[label, value] as const]));
}

function parametersOf(params: Readonly<Record<string, string>> = {}): Value | undefined {
  const entries = Object.entries(params);
  return entries.length === 0 ? undefined : { data: entries.map(([name, value]) => `${name}=${value}`).join(', ') };
}

/**
 * What a teacher wants to see of thirty reports: did it pass, was the port free, what did TCP do, how did the programs
 * end.
 */
export function tilesOf(data: ReportData, language: Language): Tile[] {
  return [
    ...recordTiles(data, language),
    stepTile(data, language),
    ...portTiles(data, language),
    ...networkTiles(data, language),
    ...exitTiles(data, language),
  ];
}

const MOST_MISFITS = 5;

/** Nothing when the record fits, as it should. */
function recordTiles({ record }: ReportData, { record: words }: Language): Tile[] {
  const [first, ...others] = misfitLines(record, words, MOST_MISFITS);
  if (first === undefined) return [];
  const details = others.map((line) => ({ value: plainData(line) }));
  return [{ label: words.doesNotFit, value: first, tone: 'bad', section: 'files', details }];
}

function stepTile({ run }: ReportData, language: Language): Tile {
  const {
    notation,
    report: { tiles, results },
  } = language;
  const notReached = run.steps.filter((step) => step.notReached).length;
  const rest = notReached === 0 ? '' : `, ${tiles.notReached(notation.number(notReached))}`;
  const passed = run.steps.filter(({ result }) => result === 'passed').length;
  const value =
    run.steps.length === 0
      ? tiles.noSteps
      : tiles.steps(notation.number(passed), notation.number(run.steps.length)) + rest;
  const details = failureDetails(run, language);
  return {
    label: results[run.result],
    value,
    tone: run.result === 'passed' ? 'good' : 'bad',
    section: 'checks',
    ...(details.length === 0 ? {} : { details }),
  };
}

/** The first look at each port: what was found before the start. */
function portTiles({ portChecks }: ReportData, { report: { tiles } }: Language): Tile[] {
  const first = [...Map.groupBy(portChecks, (check) => `${check.machine} ${writtenPort(check)}`).values()].map(
    ([check]) => check!,
  );
  return first
    .slice(0, 2)
    .map(({ machine, state, ...check }) => ({
      label: tiles.port(writtenPort(check), machine),
      value: tiles.portStates[state],
      tone: state === 'busy' ? 'bad' : 'good',
      section: 'port',
    }));
}

function networkTiles(report: ReportData, language: Language): Tile[] {
  const { capture } = report;
  if (capture.missing === undefined) return [...connectionTiles(capture, language), ...udpTiles(capture, language)];
  const value = missingWords(protocolsOf(report), language)[capture.missing.kind];
  return [{ label: language.report.tiles.capture, value, tone: 'none', section: 'glance' }];
}

function connectionTiles(
  { conversations, omitted }: ReportData['capture'],
  { notation, diagram, report: { tiles } }: Language,
): Tile[] {
  const section = 'glance';
  const [first] = conversations;
  if (first === undefined) return [];
  if (conversations.length + omitted > 1)
    return [
      { label: tiles.connections, value: notation.number(conversations.length + omitted), tone: 'none', section },
    ];
  const { handshake, close, sent } = first.conversation;
  const repeated = sent.client.retransmissions + sent.server.retransmissions;
  const opened = handshake.refused
    ? tiles.handshakeRefused
    : handshake.durationMs === undefined
      ? tiles.handshakeMissing
      : tiles.handshakeDone(notation.duration(handshake.durationMs));
  const closed = close.kind === 'open' || close.by === undefined ? tiles.noClose : closeNote(close, diagram, notation);
  const closeTone: Tone =
    close.byLab !== undefined || close.kind === 'open' ? 'none' : close.kind === 'rst' ? 'bad' : 'good';
  return [
    { label: tiles.handshake, value: opened, tone: handshake.complete ? 'good' : 'bad', section },
    { label: tiles.close, value: closed, tone: closeTone, section },
    { label: tiles.retransmissions, value: notation.number(repeated), tone: repeated === 0 ? 'good' : 'none', section },
  ];
}

function exitTiles(data: ReportData, language: Language): Tile[] {
  const { run } = data;
  const servers = new Set(rolesBySide(data).servers.map(({ role }) => role.role));
  return run.roles
    .slice(0, 4)
    .map((role) => ({
      label: language.report.tiles.exit(role.role),
      value: statusText(role, language),
      tone: statusTone(role, run),
      section: servers.has(role.role) ? 'server' : 'client',
    }));
}
