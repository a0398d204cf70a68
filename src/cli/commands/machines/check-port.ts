import { portText } from '../../../core/listen-port.ts';
import type { CheckPortOptions, CheckPortResult } from '../../../commands/machines/check-port.ts';
import { ExitCode, UsageError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { sanitize } from '../../../core/text/sanitize.ts';
import { explainPort } from '../../../ports/port-words.ts';
import { isPortOfSsh, type PortReport } from '../../../ports/port-report.ts';
import { refusalToFree } from '../../../ports/protection.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, required, values, type ValueType } from '../../command/parameters.ts';
import { machine } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import { holderWithStart } from '../../show/holder-with-start.ts';
import type { Style } from '../../show/style.ts';

/** `7999` is both protocols; `7999/tcp` and `7999/udp` are one, as in services(5). */
const port: ValueType<Pick<CheckPortOptions, 'port' | 'protocols'>> = {
  placeholder: 'port',
  parse(text) {
    const [, digits = '', tcp, udp] = /^(\d{1,5})(?:\/(?:(tcp)|(udp)))?$/i.exec(text) ?? [];
    const port = Number(digits);
    if (port >= 1 && port <= 65_535)
      return {
        port,
        protocols: [...(udp === undefined ? ['tcp' as const] : []), ...(tcp === undefined ? ['udp' as const] : [])],
      };
    throw new UsageError(say`"${text}" is not a TCP or UDP port`, {
      code: 'wrong-port',
      hint: say`Give a number from 1 to 65535, of one protocol if you like:  lab check-port 7999, or 7999/udp`,
    });
  },
};

export const checkPortCommand = defineCommand({
  name: 'check-port',
  group: 'scenarios',
  needsLab: true,
  summary: say`who holds a port, and whether a server could take it, on every machine or those named`,
  details: [
    say`It tries bind(2) as the account of the programs, for TCP and UDP, and exits 0 when the port is free everywhere, 1 when a server would not get it.`,
    say`--kill ends the processes that listen on it, or hold it for UDP (TERM, then KILL), after a question; where there is no terminal to ask on, --kill needs --yes.`,
    say`Clients of the port, sockets that do not listen and TIME_WAIT are explained, never ended.`,
  ].join(' '),
  arguments: {
    port: required(port, say`number of the port, 1 to 65535, for TCP and UDP; 7999/tcp or 7999/udp for one of them`),
  },
  options: {
    on: values(machine, say`only on this machine (may be repeated)`),
    kill: flag(say`end the processes that hold the port`),
    yes: flag(say`do not ask before --kill`, 'y'),
  },
  alsoCalled: ['port', 'ports', 'netstat', 'lsof', 'free-port'],
  otherOptions: () => ({
    '-p': say`Give the port alone:  lab check-port 7999`,
    '--port': say`Give the port alone:  lab check-port 7999`,
  }),
  otherWords: () => say`One port at a time, and machines by --on:  lab check-port 7999 --on vm1`,
  examples: [
    { words: 'check-port 7999', does: say`look on all machines` },
    { words: 'check-port 7999 --on vm1 --kill', does: say`free it on vm1` },
    { words: 'check-port 5353/udp', does: say`UDP only` },
  ],
  run: async ({ context, arguments: { port }, options, style }) => {
    const { checkPort } = await import('../../../commands/machines/check-port.ts');
    const result = await checkPort(context, { ...port, ...options });
    return outcome(result, formatCheckPort(result, style), result.busy ? ExitCode.checkFailed : ExitCode.done);
  },
});

/** One paragraph per machine and protocol: free or not, who holds it, what to do about it. */
export function formatCheckPort({ machines, udp, ended }: CheckPortResult, style: Style): string {
  const names = [...new Set([...machines, ...udp].map(({ machine }) => machine))];
  const reports = names.flatMap((name) => [...machines, ...udp].filter(({ machine }) => machine === name));
  return reports
    .map((report) =>
      paragraph(
        report,
        ended.filter(({ machine, protocol }) => machine === report.machine && protocol === report.protocol),
        { style, isOneOfTwo: machines.length > 0 && udp.length > 0 },
      ),
    )
    .join('');
}

function paragraph(
  report: PortReport,
  ended: CheckPortResult['ended'],
  { style, isOneOfTwo }: { readonly style: Style; readonly isOneOfTwo: boolean },
): string {
  const { machine, port, protocol, holders } = report;
  const name = style('bold', machine);
  const found = verdict(report, style);
  const tcp = isOneOfTwo ? say`${name}: TCP port ${port} ${found}` : say`${name}: port ${port} ${found}`;
  const lines = [protocol === 'udp' ? say`${name}: UDP port ${port} ${found}` : tcp];
  lines.push(...ended.map(({ holder, signal }) => say`  ended with SIG${signal}: ${holderWithStart(holder)}`));
  lines.push(...(holders.length > 0 ? heldLines(report) : wrapped(explainPort(report))));
  return `${lines.join('\n')}\n`;
}

function verdict({ state, bind }: PortReport, style: Style): string {
  if (state === 'busy') return say`is ${style('red', say`busy`)}`;
  if (state === 'forbidden') return say`is ${style('red', say`not allowed`)} to ${bind?.account ?? say`this user`}`;
  return say`is ${style('green', say`free`)}`;
}

function heldLines(report: PortReport): string[] {
  const { machine, holders, blindSpot } = report;
  if (isPortOfSsh(report) && holders.every(({ pid }) => pid === undefined))
    return wrapped(
      say`It is held by the SSH server of the machine, by which lab, ssh and scp reach it; it stays. Give your program another port.`,
    );
  const lines = [
    ...holders.map((holder) => say`  held by ${holderWithStart(holder)}`),
    ...wrapped(explainPort(report)),
  ];
  if (blindSpot !== undefined) return [...lines, ...wrapped(blindSpot)];
  const refusal = refusalToFree(report);
  if (refusal !== undefined)
    return [...lines, ...wrapped(say`--kill does not help: ${refusal.message}. ${refusal.hint ?? ''}`)];
  return [...lines, say`  to free it:  lab check-port ${portText(report)} --on ${machine} --kill`];
}

/** A paragraph in lines of about 100 characters, indented by two. */
function wrapped(text: string | undefined): string[] {
  return (
    sanitize(text ?? '')
      .match(/\S.{0,98}(?=\s|$)/g)
      ?.map((line) => `  ${line}`) ?? []
  );
}
