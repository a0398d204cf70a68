import type { CheckPortResult } from '../../commands/machines/check-port.ts';
import { sanitize } from '../../core/text/sanitize.ts';
import { portArgument } from '../../ports/describe.ts';
import { explainPort } from '../../ports/explain-port.ts';
import { refusalToFree } from '../../ports/protection.ts';
import type { PortReport } from '../../ports/port-report.ts';
import type { Style } from '../show/style.ts';
import { describeHolder } from './ports.ts';

/** One paragraph per machine and protocol: free or not, who holds it, what to do about it. */
export function formatCheckPort({ machines, udp, ended }: CheckPortResult, style: Style): string {
  const names = [...new Set([...machines, ...udp].map(({ machine }) => machine))];
  const reports = names.flatMap((name) => [...machines, ...udp].filter(({ machine }) => machine === name));
  return reports
    .map((report) =>
      paragraph(
        report,
        ended.filter(({ machine, protocol }) => machine === report.machine && protocol === report.protocol),
        style,
      ),
    )
    .join('');
}

function paragraph(report: PortReport, ended: CheckPortResult['ended'], style: Style): string {
  const { machine, port, protocol, holders } = report;
  const lines = [
    `${style('bold', machine)}: ${protocol === 'udp' ? 'UDP ' : ''}port ${port} ${verdict(report, style)}`,
  ];
  lines.push(...ended.map(({ holder, signal }) => `  ended with SIG${signal}: ${describeHolder(holder)}`));
  lines.push(...(holders.length > 0 ? heldLines(report) : wrapped(explainPort(report))));
  return `${lines.join('\n')}\n`;
}

function verdict({ state, bind }: PortReport, style: Style): string {
  if (state === 'busy') return `is ${style('red', 'busy')}`;
  if (state === 'forbidden') return `is ${style('red', 'not allowed')} to ${bind?.account ?? 'this user'}`;
  return `is ${style('green', 'free')}`;
}

function heldLines(report: PortReport): string[] {
  const { machine, holders, blindSpot } = report;
  const lines = [...holders.map((holder) => `  held by ${describeHolder(holder)}`), ...wrapped(explainPort(report))];
  if (blindSpot !== undefined) return [...lines, ...wrapped(blindSpot)];
  const refusal = refusalToFree(report);
  if (refusal !== undefined)
    return [...lines, ...wrapped(`--kill does not help: ${refusal.message}. ${refusal.hint ?? ''}`)];
  return [...lines, `  to free it:  lab check-port ${portArgument(report)} --on ${machine} --kill`];
}

/** A paragraph in lines of about 100 characters, indented by two. */
function wrapped(text: string | undefined): string[] {
  return (
    sanitize(text ?? '')
      .match(/\S.{0,98}(?=\s|$)/g)
      ?.map((line) => `  ${line}`) ?? []
  );
}
