import { execFileSync } from 'node:child_process';
import { without } from '../tools.ts';

/** Why nothing can be compared with Wireshark here; false when it can. */
export const noTshark: string | false = without('tshark');

/** `4.0.17`. */
export function tsharkVersion(): string {
  return (
    /TShark \(Wireshark\) (\S+)/.exec(
      execFileSync('tshark', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    )?.[1] ?? '?'
  );
}

/** Further options of tshark. */
export interface TsharkOptions {
  /** Which packets; wireshark-filter(4). */
  readonly filter?: string;
  /** As `-o` takes them. */
  readonly preferences?: readonly string[];
}

/** These fields of every TCP packet of a file, or of others, as tshark prints them; a field that occurs twice has its values joined by commas. */
export function tsharkFields(
  file: string,
  fields: readonly string[],
  { filter = 'tcp', preferences = [] }: TsharkOptions = {},
): Record<string, string>[] {
  const args = [
    '-r',
    file,
    '-Y',
    filter,
    ...preferences.flatMap((preference) => ['-o', preference]),
    '-T',
    'fields',
    '-E',
    'occurrence=a',
    '-E',
    'separator=/t',
    ...fields.flatMap((field) => ['-e', field]),
  ];
  const output = execFileSync('tshark', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const values = line.split('\t');
      return Object.fromEntries(fields.map((field, index) => [field, values[index] ?? '']));
    });
}
