import { writtenPort } from '../../core/listen-port.ts';
import type { Language } from '../language/languages.ts';
import { wholeText, type ReportData, type ReportPortCheck } from '../report-data.ts';
import type { HolderDocument } from '../run/run-summary.ts';
import { data, plainData, type Block, type Listing } from './blocks.ts';

interface Look {
  /** ISO 8601. */
  readonly at: string;
  readonly blocks: readonly Block[];
}

/** Each look at a port with what the tools printed, and the processes that were ended, in the order of time. */
export function portCheck(report: ReportData, language: Language): Block[] {
  const { portChecks, run } = report;
  if (portChecks.length === 0) return [{ kind: 'remark', tone: 'none', text: language.report.port.none }];
  const looks = portChecks.map((check): Look => ({ at: check.at, blocks: lookBlocks(check, language) }));
  const ends = run.portsFreed.map(({ at, machine, holders, signal, ...freed }): Look => {
    const names = holders.map(({ command, pid }) => `${command ?? '?'} (PID ${pid ?? '?'})`).join(', ');
    return {
      at,
      blocks: [
        {
          kind: 'remark',
          tone: 'none',
          text: plainData(language.report.port.freed(writtenPort(freed), machine, names, signal).replaceAll('`', '')),
        },
      ],
    };
  });
  return [...looks, ...ends].toSorted((a, b) => a.at.localeCompare(b.at)).flatMap(({ blocks }) => blocks);
}

function lookBlocks(check: ReportPortCheck, language: Language): Block[] {
  const {
    report: { port: words },
    notation,
  } = language;
  const { state, machine, holders, tools, raw, at } = check;
  const sentence = {
    free: words.free,
    busy: holders.length === 0 ? words.inUse : words.busy,
    'time-wait': words.timeWait,
  }[state](writtenPort(check), machine);
  const outputs = tools.length === 0 ? [{ command: words.raw, output: raw }] : tools;
  return [
    {
      kind: 'remark',
      tone: state === 'busy' ? 'bad' : 'good',
      text: `${sentence} (${words.at(notation.dateTime(Date.parse(at)))})`,
    },
    ...holderTable(holders, language),
    ...outputs.map(({ command, output }): Listing => ({
      kind: 'listing',
      caption: data(`${machine}$ ${command}`),
      text: wholeText(output === '' ? words.nothing : output),
      omitted: () => '',
      language: 'terminal',
    })),
  ];
}

function holderTable(holders: readonly HolderDocument[], { report: { port: words }, notation }: Language): Block[] {
  if (holders.length === 0) return [];
  const { process, pid, user, address, since } = words.holderHeads;
  const rows = holders.map((holder) => [
    data(holder.command ?? '?'),
    data(String(holder.pid ?? '?')),
    data(holder.user ?? '?'),
    data(`${holder.address}:${holder.port}`),
    holder.startedAt === null ? '–' : plainData(notation.dateTime(Date.parse(holder.startedAt))),
  ]);
  return [{ kind: 'table', caption: words.holderTable, heads: [process, pid, user, address, since], rows }];
}
