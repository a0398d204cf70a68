import { dirname, join } from 'node:path';
import { ExitCode, LabError, UsageError } from '../core/errors.ts';
import type { CheckPortOptions } from '../commands/machines/check-port.ts';
import { readOrdinary } from '../core/files/ordinary-file.ts';
import type { CommandContext } from '../session/context.ts';
import type { RunResult } from '../commands/runs/run.ts';
import type { Invocation, Options } from './command-line.ts';
import { outcome, type Outcome } from './outcome.ts';
import { usesColor, type Style } from './show/style.ts';
import { parseSize } from './sizes.ts';

/** A command line that is understood, with all that is needed to act on it. */
export interface Request extends Invocation {
  readonly context: CommandContext;
  /** For text on standard output. */
  readonly style: Style;
}

type Action = (request: Request) => Promise<Outcome>;

/**
 * What each command does: load its module, run it, put its result into words. Modules are loaded here and not at the top, because a command that needs
 * no SSH must not wait for SSH to load.
 */
export const actions: Readonly<Record<string, Action>> = {
  init: async ({ context, options }) => {
    const [{ init }, { formatInit }] = await Promise.all([
      import('../commands/lab/init.ts'),
      import('./format/small.ts'),
    ]);
    const programsFolder = join(dirname(process.argv[1]!), '../../dist/programs');
    const result = await init(context, {
      template: textOf(options, 'template') ?? 'tp1',
      force: isSet(options, 'force'),
      programsFolder,
    });
    return outcome(result, formatInit(result, context.cwd));
  },

  validate: async ({ context, style, global }) => {
    const [{ validate }, { formatValidate }] = await Promise.all([
      import('../commands/lab/validate.ts'),
      import('./format/small.ts'),
    ]);
    const { frames, ...result } = await validate(context, { color: usesColor(process.stdout, global.color) });
    return outcome(result, formatValidate({ ...result, frames }, style), result.valid ? ExitCode.done : ExitCode.usage);
  },

  doctor: async ({ context, options, style }) => {
    const [{ doctor }, { formatDoctor }] = await Promise.all([
      import('../commands/lab/doctor.ts'),
      import('./format/doctor.ts'),
    ]);
    const result = await doctor(context, { fix: isSet(options, 'fix') });
    const usable = result.providers.find(({ provider }) => provider === result.inUse)?.usable === true;
    return outcome(result, formatDoctor(result, style), usable ? ExitCode.done : ExitCode.environment);
  },

  up: async ({ context, options, style }) => {
    const recreate = isSet(options, 'recreate');
    if (isSet(options, 'dryRun')) {
      const [{ plan }, { formatPlan }] = await Promise.all([
        import('../commands/lab/dry-run.ts'),
        import('./format/up.ts'),
      ]);
      const result = await plan(context, { recreate });
      return outcome(
        result,
        formatPlan(result, style),
        result.missing.length > 0 ? ExitCode.environment : ExitCode.done,
      );
    }
    const [{ up }, { formatUp }] = await Promise.all([import('../commands/lab/up.ts'), import('./format/up.ts')]);
    const result = await up(context, { recreate });
    return outcome(result, formatUp(result, style));
  },

  status: async ({ context, style }) => {
    const [{ status }, { formatStatus }] = await Promise.all([
      import('../commands/lab/status.ts'),
      import('./format/status.ts'),
    ]);
    const result = await status(context);
    return outcome(result, formatStatus(result, style));
  },

  down: async ({ context, options }) => {
    const [{ down }, { formatDown }] = await Promise.all([
      import('../commands/lab/down.ts'),
      import('./format/small.ts'),
    ]);
    const result = await down(context, { purge: isSet(options, 'purge') });
    return outcome(result, formatDown(result));
  },

  gc: async ({ context, options }) => {
    const [{ gc }, { formatGc }] = await Promise.all([import('../commands/lab/gc.ts'), import('./format/small.ts')]);
    const result = await gc(context, { yes: isSet(options, 'yes') });
    return outcome(result, formatGc(result));
  },

  'check-port': async ({ context, arguments: [port], options, style }) => {
    const wanted = {
      ...parsePort(String(port)),
      on: listOf(options, 'on'),
      kill: isSet(options, 'kill'),
      yes: isSet(options, 'yes'),
    };
    const [{ checkPort }, { formatCheckPort }] = await Promise.all([
      import('../commands/machines/check-port.ts'),
      import('./format/check-port.ts'),
    ]);
    const result = await checkPort(context, wanted);
    return outcome(result, formatCheckPort(result, style), result.busy ? ExitCode.checkFailed : ExitCode.done);
  },

  run: async (request) => {
    const {
      context,
      arguments: [name],
      options,
    } = request;
    const scenario = name as string | undefined;
    const role = textOf(options, 'as');
    if (role !== undefined) return playAs(request, scenario, role);
    if (listOf(options, 'with').length > 0)
      throw new UsageError('--with needs --as', {
        code: 'wrong-arguments',
        hint: 'For example:  lab run --as client --with server',
      });
    const times = parseTimes(textOf(options, 'repeat') ?? '1');
    const { run } = await import('../commands/runs/run.ts');
    return runOutcome(request, await run(context, { scenario, times, ...storeOf(options) }));
  },

  record: async ({ context, arguments: [name], options }) => {
    const [{ record }, { formatRecord }] = await Promise.all([
      import('../commands/runs/record.ts'),
      import('./format/record.ts'),
    ]);
    const result = await record(context, { name: String(name), write: isSet(options, 'write'), ...storeOf(options) });
    return outcome(result, formatRecord(result, context.cwd));
  },

  logs: async ({ context, arguments: [run], options, global }) => {
    const [{ logs, listLogs }, { formatRuns }] = await Promise.all([
      import('../commands/runs/logs.ts'),
      import('./format/run.ts'),
    ]);
    if (isSet(options, 'list')) {
      const list = await listLogs(context);
      return outcome(list, formatRuns(list.runs));
    }
    if (isSet(options, 'tcp')) {
      const [{ tcpLog }, { formatTcpLog }] = await Promise.all([
        import('../commands/runs/tcp-log.ts'),
        import('./format/capture.ts'),
      ]);
      const log = await tcpLog(context, run as string | undefined);
      return outcome(log, formatTcpLog(log));
    }
    return outcome(
      await logs(context, { run: run as string | undefined, role: textOf(options, 'role'), collect: global.json }),
      '',
    );
  },

  replay: async ({ context, arguments: [run], options, global }) => {
    const speed = parseSpeed(textOf(options, 'speed'));
    const [{ replay }, { formatReplay }] = await Promise.all([
      import('../commands/runs/replay.ts'),
      import('./format/replay.ts'),
    ]);
    const result = await replay(context, { run: run as string | undefined, speed, play: !global.json });
    return outcome(result, formatReplay(result));
  },

  report: async ({ context, arguments: [run], options }) => {
    const [{ report }, { formatReport }] = await Promise.all([
      import('../commands/runs/report.ts'),
      import('./format/report.ts'),
    ]);
    const wanted = {
      run: run as string | undefined,
      language: textOf(options, 'lang'),
      format: textOf(options, 'format') ?? 'html',
      output: textOf(options, 'output'),
    };
    const result = await report(context, wanted);
    return outcome(result, formatReport(result, context.cwd));
  },

  graph: async ({ context, options }) => {
    const [{ graph }, { formatGraph }] = await Promise.all([
      import('../commands/lab/graph.ts'),
      import('./format/graph.ts'),
    ]);
    const result = await graph(context, {
      format: textOf(options, 'format') ?? 'text',
      output: textOf(options, 'output'),
    });
    return outcome(result, formatGraph(result, context.cwd));
  },

  ssh: async ({ context, arguments: [machine], options, remote, global }) => {
    if (global.json && remote === undefined)
      throw new UsageError('--json needs a command', {
        code: 'no-command',
        hint: `For example:  lab --json ssh ${String(machine)} uname -a`,
      });
    const { ssh } = await import('../commands/machines/ssh.ts');
    const result = await ssh(context, {
      machine: String(machine),
      command: remote,
      tty: isSet(options, 'tty'),
      collect: global.json,
    });
    return outcome(result, '', result.status);
  },

  exec: async ({ context, arguments: [names], options, remote, global }) => {
    const machines = machinesOf(names as readonly string[], isSet(options, 'all'), remote !== undefined);
    const { exec } = await import('../commands/machines/exec.ts');
    const result = await exec(context, { machines, command: remote ?? [], collect: global.json });
    return outcome(result, '', result.exitCode);
  },

  cp: async ({ context, arguments: [source, target] }) => {
    const [{ cp }, { formatCp }] = await Promise.all([import('../commands/machines/cp.ts'), import('./format/cp.ts')]);
    const result = await cp(context, String(source), String(target));
    return outcome(result, formatCp(result));
  },

  capture: async ({ context, arguments: [machine, filter], options, global }) => {
    const file = textOf(options, 'write');
    if (global.json && (file === undefined || file === '-'))
      throw new UsageError('--json needs -w', {
        code: 'wrong-arguments',
        hint: `For example:  lab --json capture ${String(machine)} -w packets.pcap`,
      });
    const [{ capture }, { formatCapture }] = await Promise.all([
      import('../commands/machines/capture.ts'),
      import('./format/capture.ts'),
    ]);
    const result = await capture(context, {
      machine: String(machine),
      interface: textOf(options, 'interface'),
      file,
      filter: filter as readonly string[],
    });
    return outcome(result, formatCapture(result, context.cwd));
  },

  'ssh-config': async ({ context }) => {
    const [{ sshConfig }, { formatSshConfig }] = await Promise.all([
      import('../commands/machines/ssh-config.ts'),
      import('./format/small.ts'),
    ]);
    const result = await sshConfig(context, [process.execPath, process.argv[1]!]);
    return outcome(result, formatSshConfig(result));
  },

  console: async ({ context, arguments: [machine], options, global }) => {
    const { readConsole } = await import('../commands/machines/console.ts');
    const lines = textOf(options, 'lines');
    const interactive =
      context.terminal.stdin.isTTY === true && !isSet(options, 'log') && lines === undefined && !global.json;
    const result = await readConsole(context, {
      machine: String(machine),
      lines: lines === undefined ? undefined : parseLines(lines),
      interactive,
    });
    return outcome(result, result.text);
  },

  snapshot: async ({ context, arguments: [action, name] }) => {
    const { snapshotAction } = await import('./snapshot-action.ts');
    return snapshotAction(context, String(action), name as string | undefined);
  },

  images: async ({ context, arguments: [action, names], options }) => {
    const { imagesAction } = await import('./images-action.ts');
    return imagesAction(context, String(action), names as readonly string[], textOf(options, 'as'));
  },

  completion: async ({ arguments: [shell] }) => {
    const { completionScript } = await import('./completion/scripts.ts');
    const script = completionScript(String(shell));
    return outcome({ shell, script }, script);
  },

  __complete: async ({ context, arguments: [words] }) => {
    const { candidatesFor } = await import('./completion/candidates.ts');
    const found = await candidatesFor(context, words as readonly string[]);
    const lines = found.candidates.map(({ word, description }) => `${word}\t${description}\n`);
    return outcome(found, `${lines.join('')}${found.files ? ':files\n' : ''}`);
  },

  schema: async ({ context }) => {
    const { schema } = await import('../commands/lab/schema.ts');
    const document = schema(context);
    return outcome({ schema: document }, `${JSON.stringify(document, undefined, 2)}\n`);
  },

  proxy: async ({ context, arguments: [machine] }) => {
    const [{ proxy }, { socketOf }] = await Promise.all([
      import('../commands/machines/proxy.ts'),
      import('../session/socket-of.ts'),
    ]);
    await proxy(await socketOf(context, String(machine)));
    return outcome({}, '');
  },
};

async function playAs(request: Request, scenario: string | undefined, role: string): Promise<Outcome> {
  const { context, options, global } = request;
  if (global.json || options['repeat'] !== undefined) {
    throw new UsageError(`--as and ${global.json ? '--json' : '--repeat'} exclude each other`, {
      code: 'wrong-arguments',
      hint: 'With --as the terminal belongs to the program, and to you.',
    });
  }
  const { runAs } = await import('../commands/runs/run-as.ts');
  const result = await runAs(context, { scenario, role, others: listOf(options, 'with'), ...storeOf(options) });
  if ('runs' in result) return runOutcome(request, result);
  return outcome(
    result,
    `The run has ${result.result}.\n`,
    result.result === 'passed' ? ExitCode.done : ExitCode.checkFailed,
  );
}

async function runOutcome({ context, style }: Request, result: RunResult): Promise<Outcome> {
  const [{ formatRun }, { shownPath }] = await Promise.all([
    import('./format/run.ts'),
    import('../session/shown-path.ts'),
  ]);
  const source = (await readOrdinary(context.labFile, 8 * 1024 * 1024).catch(() => undefined))?.toString();
  return outcome(
    result,
    formatRun(result, { style, cwd: context.cwd, file: shownPath(context), source }),
    exitCodeOfRun(result),
  );
}

/** `--no-capture`, without which the lab file decides, and `--max-output`. */
function storeOf(options: Options): { readonly capture?: false; readonly maxOutputBytes: number | undefined } {
  const size = textOf(options, 'maxOutput');
  return {
    ...(options['capture'] === false ? { capture: false } : {}),
    maxOutputBytes: size === undefined ? undefined : parseSize(size, '--max-output'),
  };
}

function isSet(options: Options, name: string): boolean {
  return options[name] === true;
}

function textOf(options: Options, name: string): string | undefined {
  return options[name] as string | undefined;
}

function listOf(options: Options, name: string): readonly string[] {
  return (options[name] as readonly string[] | undefined) ?? [];
}

/** `7999` is both protocols; `7999/tcp` and `7999/udp` are one, as in services(5). */
function parsePort(text: string): Pick<CheckPortOptions, 'port' | 'protocols'> {
  const [, digits = '', protocol] = /^(\d{1,5})(?:\/(tcp|udp))?$/i.exec(text) ?? [];
  const port = Number(digits);
  if (port >= 1 && port <= 65_535)
    return { port, protocols: protocol === undefined ? ['tcp', 'udp'] : [protocol.toLowerCase() as 'tcp' | 'udp'] };
  throw new UsageError(`"${text}" is not a TCP or UDP port`, {
    code: 'wrong-port',
    hint: 'Give a number from 1 to 65535, of one protocol if you like:  lab check-port 7999, or 7999/udp',
  });
}

function parseSpeed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const speed = Number(text);
  if (/^\d{0,4}(\.\d{1,3})?$/.test(text) && speed > 0) return speed;
  throw new UsageError(`--speed wants a number above 0, not "${text}"`, {
    code: 'wrong-speed',
    hint: 'Twice as fast:  lab replay --speed 2',
  });
}

function parseLines(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new UsageError(`--lines wants a number from 1 on, not "${text}"`, {
    code: 'wrong-lines',
    hint: 'For example:  lab console vm1 --lines 20',
  });
}

function parseTimes(text: string): number {
  const times = Number(text);
  if (/^\d{1,6}$/.test(text) && times >= 1) return times;
  throw new UsageError(`--repeat wants a number from 1 on, not "${text}"`, {
    code: 'wrong-repeat',
    hint: 'For example:  lab run --repeat 20',
  });
}

/** A step that fails is 1; a lab that breaks under the scenario is what broke it. */
function exitCodeOfRun({ result, firstFailure }: RunResult): number {
  if (result === 'passed') return ExitCode.done;
  const error = firstFailure?.play.error;
  return result !== 'failed' && error instanceof LabError ? error.exitCode : ExitCode.checkFailed;
}

function machinesOf(names: readonly string[], all: boolean, hasCommand: boolean): readonly string[] {
  if (all && names.length > 0)
    throw new UsageError('--all and names of machines exclude each other', {
      code: 'wrong-arguments',
      hint: 'Give one or the other.',
    });
  if (all) return [];
  if (names.length > 0) return [...new Set(names)];
  const hint = hasCommand
    ? 'Name them before "--", or use --all:  lab exec vm1 vm2 -- uname -a'
    : 'Name machines and a command:  lab exec vm1 vm2 -- uname -a';
  throw new UsageError('no machine given', { code: 'no-machine', hint });
}
