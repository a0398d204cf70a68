import { inStep, type EventSink } from '../../core/events.ts';
import { say } from '../../core/language/say.ts';
import type { Lab, Program } from '../../lab/types.ts';
import { buildFailure, buildSaid, tellBuild } from './build-words.ts';

/**
 * Runs the `build` commands of programs that are built on this host, in the lab's folder, one after the other; a command
 * that several programs share runs once.
 *
 * @returns by program: what its build said besides, warnings mostly.
 * @throws {CheckError} when one fails, with the end of what it printed.
 */
export async function buildPrograms(
  lab: Lab,
  programs: readonly Program[],
  options: { readonly events: EventSink; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, string>> {
  const builds = new Map<string, { readonly command: readonly string[]; readonly names: string[] }>();
  for (const { name, build, buildOn } of programs) {
    if (build === undefined || buildOn !== undefined) continue;
    const same = builds.get(JSON.stringify(build)) ?? { command: build, names: [] };
    same.names.push(name);
    builds.set(JSON.stringify(build), same);
  }
  const remarks = new Map<string, string>();
  for (const { command, names } of builds.values()) {
    const said = await inStep(options.events, say`build ${names.join(', ')}`, () =>
      build(command, names, lab.folder, options.signal),
    );
    await tellBuild(names, said, options.events);
    for (const name of names) if (said !== undefined) remarks.set(name, said);
  }
  return remarks;
}

async function build(
  command: readonly string[],
  names: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Here and not above: it takes 100 ms to load, and few labs build anything.
  const { runLocal } = await import('../../host/run-local.ts');
  const result = await runLocal(command, { cwd: folder, signal, env: characterSet() });
  if (result.exitCode === 0) return buildSaid(result.stderr);
  const hint = say`Run it by hand in ${folder}, and correct what it complains about.`;
  throw buildFailure({ names, command, hint, result });
}

/**
 * Where the user has chosen no character set, a compiler takes the sources for ASCII and refuses an accent (javac does):
 * then UTF-8, as on the machines (locale(7)).
 */
function characterSet(): Readonly<Record<string, string>> {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return LC_ALL || LC_CTYPE || LANG ? {} : { LANG: 'C.UTF-8' };
}
