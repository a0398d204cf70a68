import { hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { localUser } from '../../../host/local-user.ts';

/** What `ssh -G` answered: keyword in lower case → its values, one for each line. */
export type OpenSshAnswer = ReadonlyMap<string, readonly string[]>;

/** Pure: the output of `ssh -G` (ssh(1)). */
export function parseAnswer(text: string): OpenSshAnswer {
  const answer = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const space = line.indexOf(' ');
    if (space < 0) continue;
    const keyword = line.slice(0, space).toLowerCase();
    answer.set(keyword, [...(answer.get(keyword) ?? []), line.slice(space + 1).trim()]);
  }
  return answer;
}

/** The value of a keyword that has one; undefined when it is absent or `none`. */
export function valueOf(answer: OpenSshAnswer, keyword: string): string | undefined {
  const value = answer.get(keyword)?.[0];
  return value === undefined || value.toLowerCase() === 'none' ? undefined : value;
}

/**
 * Paths of a keyword that holds several on one line. `ssh -G` does not quote those with spaces, so a new one begins
 * where an absolute path does.
 */
export function pathsOf(answer: OpenSshAnswer, keyword: string): string[] {
  return (answer.get(keyword) ?? [])
    .flatMap((line) => line.split(/ +(?=~?[/\\]|[A-Za-z]:[/\\]|%|\$|__PROGRAMDATA__)/))
    .filter((path) => path !== '' && path.toLowerCase() !== 'none');
}

/** What `%` tokens and `${VARIABLE}` mean for one host (ssh_config(5), TOKENS). */
export interface Tokens {
  /** As the user named it. */
  readonly alias: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** Replaces the tokens of a value. An unknown one stays as it is. */
export function expandTokens(text: string, tokens: Tokens): string {
  const { name, uid, home } = localUser();
  const values: Readonly<Record<string, string>> = {
    '%': '%',
    h: tokens.host,
    n: tokens.alias,
    k: tokens.alias,
    p: String(tokens.port),
    r: tokens.user,
    u: name,
    d: home,
    i: String(uid),
    l: hostname(),
    L: hostname().split('.')[0]!,
  };
  return text.replaceAll(/%(.)/g, (token, letter: string) => values[letter] ?? token);
}

/** A path of ssh_config(5): tokens, environment variables and a leading `~` replaced. */
export function expandPath(path: string, tokens: Tokens): string {
  const text = expandTokens(path, tokens).replaceAll(
    /\$\{(\w+)\}/g,
    (variable, name: string) => process.env[name] ?? variable,
  );
  return expandHome(text.replace(/^__PROGRAMDATA__/, process.env['ProgramData'] ?? String.raw`C:\ProgramData`));
}

/** `~/.ssh/id` as an absolute path; a relative one starts at the home folder. */
export function expandHome(path: string): string {
  if (path === '~' || path.startsWith('~/') || path.startsWith('~\\')) return join(localUser().home, path.slice(2));
  return isAbsolute(path) || /^[A-Za-z]:[/\\]/.test(path) ? path : join(localUser().home, path);
}
