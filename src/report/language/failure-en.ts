import { attempts } from './attempts-en.ts';
import type { EndlessOutput, ProgramStatus } from '../../core/step-problem.ts';
import { formatBytes, formatDuration } from '../../core/text/amounts.ts';
import { crashedBy, endWords, failureWords, joined, wholeSeconds } from './failure-words.ts';
import { packets } from './packets-en.ts';

const end = (ended: ProgramStatus | number | string): string =>
  endWords(ended, {
    status: (code) => `status ${code}`,
    signal: (name) => `signal ${name}`,
    unknown: 'status unknown',
  });

/** The same with what the signal of a crash means. */
const ended = (how: ProgramStatus): string => {
  const crash = crashedBy(how);
  return crash === undefined ? end(how) : `${end(how)} (${crashes[crash]})`;
};

const crashes = {
  ABRT: 'it gave itself up: abort, or a failed assertion',
  BUS: 'it used memory that cannot be used so',
  FPE: 'it divided by zero',
  ILL: 'it came upon an instruction that is none',
  PIPE: 'it wrote to a connection that the other side had closed',
  SEGV: 'it used memory that is not its own',
} as const;

/** How a sentence calls a limit of a machine. */
const limitWords = {
  memory: 'memory limit',
  processes: 'limit of processes',
  'open-files': 'limit of open files',
  'file-size': 'limit of file size',
  disk: 'disk limit',
} as const;

const list = (items: readonly string[]): string => joined(items, 'and');

const bytesText = (bytes: number): string => (bytes === 1 ? '1 byte' : `${bytes} bytes`);

const fromPeers = (peers: readonly string[]): string => (peers.length === 0 ? '' : ` from ${list(peers)}`);

const printed = (text: string): string => (text === '' ? 'it printed nothing' : `it printed: ${text}`);

const again = (lines: number | undefined): string =>
  lines === undefined ? '' : `, the same ${lines === 1 ? 'line' : `${lines} lines`} again and again`;

const endless = ({ bytes, ms, lines }: EndlessOutput): string =>
  `prints without end: ${formatBytes(bytes)} in ${formatDuration(ms)}${again(lines)}`;

/** Why a step failed, in English, as it is shown on terminals and in reports. */
export const english = failureWords({
  expected: {
    text: ({ role, pattern }) => `${pattern} on the terminal of ${role}`,
    'any-text': ({ texts }) => texts.map(({ role, pattern }) => `${pattern} on the terminal of ${role}`).join(' or '),
    'no-text': ({ role, pattern, ms }) => `${pattern} not to show on the terminal of ${role} for ${formatDuration(ms)}`,
    prompt: ({ role, pattern }) => `the prompt ${pattern} on the terminal of ${role}`,
    input: ({ role }) => `${role} to wait for a line`,
    listen: ({ role, machine, protocol, port }) =>
      protocol === 'udp'
        ? `${role} to have UDP port ${port} of ${machine} open`
        : `${role} to listen on port ${port} of ${machine}`,
    end: ({ role, end: wanted }) => `${role} to end with ${end(wanted)}`,
    typed: ({ role, text }) => `${role} to be there for ${JSON.stringify(text)}`,
    signal: ({ role, signal }) => `${role} to be there for the signal ${signal}`,
    'command-end': ({ command, machine, end: wanted }) => `"${command}" on ${machine} to end with ${end(wanted)}`,
    'command-output': ({ command, machine, pattern }) => `${pattern} in what "${command}" on ${machine} prints`,
    possible: ({ step }) => `"${step}" to be possible`,
    other: ({ text }) => text,
  },
  seen: {
    shown: ({ line }) => (line === undefined ? 'it did' : `it did: ${line}`),
    'ended-first': ({ role, end: how }) => `${role} ended with ${ended(how)} first`,
    'ended-otherwise': ({ end: how, printed: text }) =>
      `it ended with ${ended(how)}${text === undefined ? '' : `; ${printed(text)}`}`,
    'printed-otherwise': ({ printed: text }) => printed(text),
    'listens-otherwise': ({ text }) => text,
    'in-vain': () => 'it can no longer come',
    'asks-first': ({ role }) =>
      `${role} waits for a line on its keyboard, and does not listen: does it ask for its port?`,
    'not-asked': ({ role }) => `${role} does not ask for a line`,
    'endless-output': ({ role, bytes, ms, lines }) => `${role} ${endless({ bytes, ms, lines })}`,
    'time-wait': ({ role, machine, port, endedMsAgo, end: how }) => {
      const since = endedMsAgo === undefined ? 'lately' : `${formatDuration(wholeSeconds(endedMsAgo))} ago`;
      const place = `port ${port} of ${machine} was still in TIME_WAIT, of a connection that ended ${since}`;
      return how === undefined
        ? `${place}: bind would get "Address already in use"`
        : `${place}; bind of ${role} failed, and it ended with ${ended(how)}`;
    },
    other: ({ text }) => text,
  },
  packets,
  nothing: {
    text: 'it did not come',
    'any-text': 'none of them came',
    'no-text': 'it did',
    prompt: 'it did not show',
    input: 'it did not',
    listen: 'it did not',
    end: 'it did not end',
    typed: 'its machine did not take it',
    signal: 'its machine did not take it',
    'command-end': 'it did not end',
    'command-output': 'it did not come',
    packets: 'it did not come',
    possible: 'it was not',
    other: 'it did not happen',
  },
  within: (limitMs) => `within ${formatDuration(limitMs)}`,
  hint: {
    'used-up': ({ role, pattern }) =>
      `${role === undefined || pattern === undefined ? 'It' : `${pattern} of ${role}`} stands there, ` +
      'but as the echo of what was typed, or an earlier expect has used it up.',
    'lines-dropped': ({ lines }) => `The first ${lines} lines are no longer kept; it may have been there.`,
    'prompt-answered': () =>
      'The prompt that is there was answered already: each line that is sent needs a prompt of its own.',
    'command-not-found': ({ machine, command }) =>
      `Status 127 mostly means that a command was not found. Try by hand: lab exec ${machine} -- ${command}`,
    'program-folder': ({ program, file, step }) =>
      `${file} lies in the folder of ${program}, but commands run in the home folder. Write: ${step}`,
    'time-wait': ({ role, machine, isBarredToAll, remainingMs, canBeFresh }) => {
      const wait = remainingMs === undefined ? 'up to 60 s' : formatDuration(wholeSeconds(remainingMs));
      const cure = isBarredToAll
        ? 'The server before had not set SO_REUSEADDR. Set it before bind (setsockopt): then the port is free at once ' +
          `after a server that has done so. Until then wait ${wait}`
        : `${role} does not set SO_REUSEADDR before bind (setsockopt; after bind is too late). Or wait ${wait}`;
      const fresh = canBeFresh ? ', or play on fresh machines: lab run --fresh' : '';
      return `${machine} closed that connection first, so its kernel remembers it for a minute. ${cure}${fresh}.`;
    },
    'interpreter-missing': ({ machine, command, instead }) =>
      `There is no ${command} on ${machine}, but there is ${instead}: write command: [${instead}, …].`,
    'hidden-command': ({ machine, command, place, folders }) =>
      `${command} is in ${place} of this host, which machines do not see: ` +
      `add host-folders: [${folders}] to ${machine}, then lab up --recreate.`,
    'windows-line-ends': ({ file }) =>
      `${file} has Windows line ends (CR LF). Save it with Unix line ends (LF), or run: sed -i 's/\\r$//' ${file}`,
    'file-unsent': ({ role, file }) =>
      `${file} lies in the folder of lab.yaml, but ${role} does not get it: add it to its files.`,
    'module-missing': ({ language, machine, module }) =>
      `${machine} has no module ${module}. Take it along: ` +
      {
        python:
          `pip install --target modules ${module} (its package may have another name), ` +
          'then files: [ …, modules ] and env: { PYTHONPATH: modules }.',
        node: `npm install ${module} in the folder of lab.yaml, then files: [ …, node_modules ].`,
        perl: 'put it into a folder modules, then files: [ …, modules ] and env: { PERL5LIB: modules }.',
      }[language],
    'class-missing': ({ role, name }) =>
      `The class ${name} is not in the folder of ${role}: add ${name}.class to its files, or build it there; ` +
      'a class in a package is named with it, package.Class, and lies in a folder of that name.',
    'low-port': ({ port, command }) =>
      `Ports below 1024, such as ${port}, are for root: choose one from 1024` +
      (command === undefined ? '.' : `, or start the program with sudo: command: [sudo, ${command}, …].`),
    'no-display': () => 'Machines have no screen for windows, only terminals: let it print its words and read lines.',
    'python-2': () =>
      'It is written for Python 2, and this is Python 3: print(…) has parentheses, raw_input is now input.',
    'datagram-too-long': ({ role }) =>
      `${role} sent a datagram that is too long (EMSGSIZE), so nothing of it went out: one carries at most 65,507 bytes ` +
      'over IPv4, 65,527 over IPv6. Send the text in several.',
    'in-background': ({ role, port }) =>
      `${role} left its terminal, and a process in the background has port ${port}: what that prints is lost. ` +
      'Let it stay in the foreground.',
    'not-executable': ({ file }) =>
      `${file} may not be executed. Run chmod +x ${file} here, or name its interpreter in command.`,
    'first-line': ({ machine, file, interpreter = 'an interpreter' }) =>
      `The first line of ${file} asks for ${interpreter}, which ${machine} does not have. Name another one there, ` +
      `or install it on ${machine}.`,
    'limit-met': ({ role, machine, limit, amount, hasEnded }) =>
      `${role} ${hasEnded ? 'was ended:' : 'met a limit:'} ${limitWords[limit]}${amount === undefined ? '' : ` ${amount}`} of ${machine}. ` +
      `If it needs as much: ${limit}: … for ${machine} in lab.yaml, then lab up --recreate.`,
    'not-utf8': ({ role, byte }) =>
      `The output of ${role} is not UTF-8 (byte ${byte}). Add encoding: latin1 to the program, or let it print UTF-8.`,
    'asks-first': ({ role }) =>
      `Give it a prompt ("prompt: TEXT" in programs.${role}): then "start" ends when it asks, "send" answers, and ` +
      `"wait: { listens: ${role} }" waits for the port.`,
    longer: ({ role, limitMs }) =>
      `If ${role} only needs longer: timeout: ${wholeSeconds(limitMs) / 1000}s beside the verb.`,
    'endless-output': () =>
      'A loop in it does not end. When the other side has closed a connection, recv() gives nothing, at once and each ' +
      'time: leave the loop then.',
    'look-at-packets': () => '"lab logs --packets" draws all packets of the run.',
    other: ({ text }) => text,
  },
  doing: {
    accept: ({ known }) =>
      `waits in accept() for ${['a client', 'a second client', 'a third client'][known] ?? 'another client'}`,
    receive: ({ peers }) => `waits in recv() for data${fromPeers(peers)}`,
    datagram: ({ peers, ports }) =>
      `waits in recvfrom() for a datagram${fromPeers(peers)}` +
      (ports.length === 0 ? '' : ` on UDP port ${list(ports.map(String))}`),
    send: ({ peers }) => `waits in send() until ${peers.length === 0 ? 'the other side' : list(peers)} reads`,
    connect: ({ to }) => `waits in connect()${to.length === 0 ? '' : ` for an answer of ${list(to)}`}`,
    line: () => 'reads its keyboard',
    'hidden-line': () => 'reads its keyboard without echo (a password)',
    key: () => 'waits for a key',
    print: () => 'waits until its output is taken',
    sleep: () => 'sleeps',
    child: () => 'waits for the end of a child process',
    lock: () => 'waits for another of its threads (a lock)',
    pipe: () => 'waits for another process (a pipe)',
    file: () => 'waits for a file',
    signal: () => 'waits for a signal',
    stopped: () => 'is stopped; the signal CONT lets it go on',
    background: () => 'wants to read its keyboard, but runs in the background',
    busy: () => 'computes',
    endless: (output) => endless(output),
  },
  remark: {
    unread: ({ bytes, from }) => `${bytesText(bytes)} from ${from} ${bytes === 1 ? 'lies' : 'lie'} unread`,
    'datagrams-unread': ({ port, from }) =>
      `datagrams${from === '' ? '' : ` from ${from}`} lie unread at its UDP port ${port}`,
    'typed-unread': ({ bytes }) => `${bytesText(bytes)} typed at it ${bytes === 1 ? 'lies' : 'lie'} unread`,
    'not-accepted': ({ count }) =>
      count === 1 ? '1 connection is not accepted yet' : `${count} connections are not accepted yet`,
    'no-prompt': () => 'but shows no prompt: is it flushed?',
    'closed-by': ({ peer }) => `${peer} has closed the connection`,
  },
  ended: (role, how) => `${role} has ended with ${ended(how)}`,
  deadlock: ({ roles: [one, other], call }) =>
    call === 'receive'
      ? `${one} and ${other} both wait in recv(), each for the other: a deadlock`
      : `${one} and ${other} both wait in send() until the other reads: a deadlock`,
  cause: ({ role, end: how, line }) => {
    const words = line === undefined ? '' : `: ${line}`;
    return how === undefined
      ? `an exception ended a thread of ${role}${words}`
      : `${role} ended with ${ended(how)}${line === undefined ? '' : `; its last words${words}`}`;
  },
  list,
  repeated: (lines, times) =>
    `… the same ${lines === 1 ? 'line' : `${lines} lines`} ${times === 1 ? 'once' : `${times} times`} more`,
  colon: ':',
  sentence: (step, wanted, instead) => `Step ${step} expected ${wanted}, but ${instead.replaceAll('\n', '; ')}.`,
  attempts,
  labels: {
    also: 'the same of',
    nearest: 'the nearest line that came',
    cause: 'cause',
    programs: 'at that moment',
    network: 'on the network',
    hint: 'hint',
  },
});
