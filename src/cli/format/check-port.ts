import type { CheckPortResult } from '../../commands/check-port.ts';
import { sanitize } from '../../core/sanitize.ts';
import { explainTimeWait } from '../../ports/explain.ts';
import type { PortReport } from '../../ports/report.ts';
import type { Style } from '../style.ts';
import { describeHolder } from './ports.ts';

/** One paragraph per machine: free or busy, who holds it, what to do about it. */
export function formatCheckPort({ machines, ended }: CheckPortResult, style: Style): string {
  return machines.map((report) => paragraph(report, ended.filter(({ machine }) => machine === report.machine), style)).join('');
}

function paragraph(report: PortReport, ended: CheckPortResult['ended'], style: Style): string {
  const { machine, port, state } = report;
  const verdict = state === 'busy' ? style('red', 'busy') : style('green', 'free');
  const lines = [`${style('bold', machine)}: port ${port} is ${verdict}`];
  lines.push(...ended.map(({ holder, signal }) => `  ended with SIG${signal}: ${describeHolder(holder)}`));
  lines.push(...(state === 'busy' ? busyLines(report) : wrapped(explainTimeWait(report))));
  return `${lines.join('\n')}\n`;
}

function busyLines({ machine, port, holders, blindSpot }: PortReport): string[] {
  const lines = holders.map((holder) => `  held by ${describeHolder(holder)}`);
  if (blindSpot !== undefined) return [...lines, ...wrapped(sanitize(blindSpot))];
  return [...lines, `  to free it:  lab check-port ${port} --on ${machine} --kill`];
}

/** A paragraph in lines of about 100 characters, indented by two. */
function wrapped(text: string | undefined): string[] {
  return text?.match(/\S.{0,98}(?=\s|$)/g)?.map((line) => `  ${line}`) ?? [];
}
