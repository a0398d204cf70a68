import type { WhyTarget } from '../../../commands/machines/why.ts';
import { canonicalAddress } from '../../../core/address-family.ts';
import { ExitCode, UsageError } from '../../../core/errors.ts';
import { sanitize } from '../../../core/text/sanitize.ts';
import { say } from '../../../core/language/say.ts';
import type { ReachLink, ReachReport } from '../../../reach/reach-report.ts';
import { defineCommand } from '../../command/define-command.ts';
import { required, type ValueType } from '../../command/parameters.ts';
import { machine, role } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import type { Style } from '../../show/style.ts';

/** `vm1:7999`, `vm1:7999/udp`, `192.168.100.4:7999`, `[fd00::4]:7999`, or a name or address alone, `fd00::4` as well. */
const target: ValueType<WhyTarget> = {
  ...role,
  placeholder: 'host:port',
  parse(text) {
    const alone = canonicalAddress(text);
    if (alone !== undefined) return { host: alone, port: undefined, protocol: undefined };
    const [, bracketed, plain, digits, protocol] =
      /^(?:\[([0-9a-f:.%\w]+)\]|([^\s[\]:/]+))(?::(\d{1,5})(?:\/(tcp|udp))?)?$/i.exec(text) ?? [];
    const host = bracketed ?? plain;
    const port = digits === undefined ? undefined : Number(digits);
    const isPort = port === undefined || (port >= 1 && port <= 65_535);
    if (host !== undefined && isPort && !(port === undefined && /^\d+$/.test(host)))
      return { host: canonicalAddress(host) ?? host, port, protocol: protocol?.toLowerCase() as WhyTarget['protocol'] };
    throw new UsageError(say`"${text}" is not a machine and a port`, {
      code: 'wrong-target',
      hint: say`Write for example:  lab why vm2 vm1:7999, or 192.168.100.4:7999, [fd00::4]:7999, vm1:5353/udp, server`,
    });
  },
};

export const whyCommand = defineCommand({
  name: 'why',
  group: 'scenarios',
  needsLab: true,
  summary: say`why a machine reaches a port of another, or does not: each link, and the first broken one with its cure`,
  details: [
    say`It looks at name, address, route, neighbour, listener and firewall on the machines themselves, and never connects to the port, because a server may accept only once.`,
    say`It exits 0 when no link is broken and 1 when one is; what could not be looked at is shown as "?" with the reason.`,
  ].join(' '),
  arguments: {
    from: required(machine, say`machine from which, or a program that runs there`),
    to: required(
      target,
      say`machine, name or address, and port (7999/udp for UDP); or a program, which means its port`,
    ),
  },
  options: {},
  examples: [
    { words: 'why vm2 vm1:7999', does: say`from vm2 to port 7999 of vm1` },
    { words: 'why client server', does: say`the same, by the programs of the lab file` },
    { words: 'why vm2 192.168.100.4:5353/udp', does: say`by address, UDP` },
  ],
  run: async ({ context, arguments: options, style }) => {
    const { why } = await import('../../../commands/machines/why.ts');
    const report = await why(context, options);
    return outcome(report, formatWhy(report, style), report.broken === null ? ExitCode.done : ExitCode.checkFailed);
  },
});

/** The links, one below the other, each with its mark; the cure below the first that is broken. */
export function formatWhy(report: ReachReport, style: Style): string {
  const { from, links, broken } = report;
  const lines = links.flatMap((link) => linkLines(link, link.link === broken, style));
  return `${style('bold', `${from} → ${targetText(report)}`)}\n${lines.join('\n')}\n${verdict(report, style)}\n`;
}

function targetText({ to: { host, port, protocol } }: ReachReport): string {
  const name = host.includes(':') && port !== undefined ? `[${host}]` : host;
  return sanitize(`${name}${port === undefined ? '' : `:${port}`}${protocol === 'udp' ? '/udp' : ''}`);
}

/** What help calls the links; their names in data stay English. */
const linkNames: Readonly<Record<ReachLink['link'], string>> = {
  name: say`name`,
  address: say`address`,
  route: say`route`,
  neighbour: say`neighbour`,
  listener: say`listener`,
  firewall: say`firewall`,
};

const NAME_WIDTH = Math.max(...Object.values(linkNames).map((name) => name.length));

function linkLines({ link, state, seen, cure }: ReachLink, isFirst: boolean, style: Style): string[] {
  const mark = { ok: style('green', '✔'), broken: style('red', '✖'), unknown: style('yellow', '?') }[state];
  const [first = '', ...rest] = wrapped(seen);
  const indent = ' '.repeat(NAME_WIDTH + 6);
  return [
    `  ${mark} ${linkNames[link].padEnd(NAME_WIDTH)}  ${first}`,
    ...rest.map((line) => `${indent}${line}`),
    ...(isFirst && cure !== undefined ? wrapped(cure).map((line) => `${indent}${style('cyan', line)}`) : []),
  ];
}

function verdict({ from, to, links, broken }: ReachReport, style: Style): string {
  if (broken !== null)
    return say`${style('red', say`Broken`)}: the first link that does not hold is the ${linkNames[broken]}.`;
  const unknown = links.filter(({ state }) => state === 'unknown').map(({ link }) => linkNames[link]);
  const way = to.port === undefined ? say`the way from ${from} is open` : say`${from} can connect`;
  if (unknown.length === 0) return say`${style('green', say`All links hold`)}: ${way}.`;
  return say`${style('yellow', say`No broken link was found`)}; not known: ${unknown.join(', ')}.`;
}

/** A paragraph in lines of about 100 characters. */
function wrapped(text: string): readonly string[] {
  return sanitize(text).match(/\S.{0,98}(?=\s|$)/g) ?? [];
}
