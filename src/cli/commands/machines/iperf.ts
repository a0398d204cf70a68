import type { IperfResult } from '../../../commands/machines/iperf.ts';
import { UsageError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { formatBytes } from '../../../core/text/amounts.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, required, value, type ValueType } from '../../command/parameters.ts';
import { machine } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import type { Style } from '../../show/style.ts';
import { table } from '../../show/table.ts';

const LONGEST_SECONDS = 3600;
const DEFAULT_SECONDS = 5;
const DEFAULT_RATE = 10e6;
const LARGEST_RATE = 100e9;

/** `5`, `5s`, `2m`. */
const time: ValueType<number> = {
  placeholder: 'time',
  parse(text, flagName) {
    const [, digits, unit] = /^(\d{1,4}(?:\.\d)?)(s|m)?$/.exec(text) ?? [];
    const seconds = Number(digits) * (unit === 'm' ? 60 : 1);
    if (seconds > 0 && seconds <= LONGEST_SECONDS) return seconds;
    throw new UsageError(say`${flagName} wants a time of at most an hour, not "${text}"`, {
      code: 'wrong-time',
      hint: say`For example:  ${flagName} 10s or ${flagName} 2m`,
    });
  },
};

/** `500K`, `10M`, `1.5G`: bits per second, in powers of 1000. */
const bitRate: ValueType<number> = {
  placeholder: 'rate',
  parse(text, flagName) {
    const [, digits, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)([kmg]?)$/i.exec(text) ?? [];
    const rate = Number(digits) * 1000 ** ' KMG'.indexOf(unit.toUpperCase() || ' ');
    if (rate >= 1 && rate <= LARGEST_RATE) return rate;
    throw new UsageError(say`${flagName} wants bits per second, not "${text}"`, {
      code: 'wrong-rate',
      hint: say`For example:  ${flagName} 500K, ${flagName} 10M or ${flagName} 1G`,
    });
  },
};

export const iperfCommand = defineCommand({
  name: 'iperf',
  group: 'scenarios',
  needsLab: true,
  summary: say`how much goes through from one machine to another, by TCP or UDP`,
  details: [
    say`Two small programs of lab measure, one on each machine, as its user, so that the result is the same on every machine that has Perl; a port that is free is used, and is free again afterwards.`,
    say`What counts is what came, not what was sent.`,
  ].join(' '),
  arguments: {
    from: required(machine, say`machine that sends`),
    to: required(machine, say`machine that receives, or one of its addresses`),
  },
  options: {
    time: value(time, say`how long: 5s, 2m (default: 5s)`),
    udp: flag(say`datagrams at a fixed rate, to see what is lost`),
    rate: value(bitRate, say`of UDP, in bits per second: 500K, 10M, 1G (default: 10M)`),
    reverse: flag(say`the second machine sends, over a connection that the first one opens`),
  },
  alsoCalled: ['iperf3', 'bandwidth', 'throughput', 'netperf'],
  examples: [
    { words: 'iperf vm1 vm2', does: say`TCP from vm1 to vm2, five seconds` },
    { words: 'iperf vm1 vm2 --udp --rate 100M --time 10s', does: say`100 Mbit/s of UDP, and what of it is lost` },
    { words: 'iperf vm1 fd00::2 --reverse', does: say`over IPv6, from vm2 to vm1` },
  ],
  run: async ({ context, arguments: { from, to }, options, style }) => {
    if (options.rate !== undefined && !options.udp)
      throw new UsageError(say`--rate is for UDP: TCP sends as fast as it goes`, {
        code: 'rate-of-tcp',
        hint: say`Add --udp:  lab iperf ${from} ${to} --udp --rate 10M`,
      });
    const { iperf } = await import('../../../commands/machines/iperf.ts');
    const result = await iperf(context, {
      from,
      to,
      seconds: options.time ?? DEFAULT_SECONDS,
      protocol: options.udp ? 'udp' : 'tcp',
      rate: options.rate ?? DEFAULT_RATE,
      reverse: options.reverse,
    });
    return outcome(result, formatIperf(result, style));
  },
});

/** Each second, then the whole. */
export function formatIperf(result: IperfResult, style: Style): string {
  const { sender, receiver, address, protocol, seconds, intervals, bitsPerSecond, receivedBytes, rate } = result;
  const way = `${style('bold', `${sender} → ${receiver}`)} (${address}), ${protocol.toUpperCase()}`;
  const head = rate === undefined ? way : say`${way}, ${formatRate(rate)} asked for`;
  const rows = intervals.map(({ untilSecond, bitsPerSecond: own }, index) => [
    `${(intervals[index - 1]?.untilSecond ?? 0).toFixed(1)}–${untilSecond.toFixed(1)} s`,
    formatRate(own),
  ]);
  const sum = say`${style('green', formatRate(bitsPerSecond))}: ${formatBytes(receivedBytes)} in ${seconds.toFixed(1)} s`;
  return `${head}\n${table(rows)}\n${[sum, ...countWords(result)].join(', ')}\n`;
}

function countWords({ tcp, udp }: IperfResult): string[] {
  if (tcp !== undefined)
    return [say`${tcp.resentSegments} segments sent again`, say`round trip ${tcp.roundTripMs.toFixed(2)} ms`];
  if (udp === undefined) return [];
  const { sent, lost, misordered, repeated, jitterMs } = udp;
  const part = sent === 0 ? 0 : (lost / sent) * 100;
  return [
    say`${lost} of ${sent} datagrams lost (${part.toFixed(part > 0 && part < 1 ? 2 : 0)} %)`,
    say`jitter ${jitterMs.toFixed(2)} ms`,
    ...(misordered > 0 ? [say`${misordered} out of order`] : []),
    ...(repeated > 0 ? [say`${repeated} came twice`] : []),
  ];
}

/** `9.41 Gbit/s`: in powers of 1000, as rates of networks are. */
function formatRate(bits: number): string {
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'];
  const power = Math.max(0, Math.min(3, Math.floor(Math.log10(Math.max(1, bits)) / 3)));
  return `${Number((bits / 1000 ** power).toPrecision(3))} ${units[power]}`;
}
