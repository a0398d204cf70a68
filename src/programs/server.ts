import { hostname } from 'node:os';
import { serveDatagrams } from './datagram-server.ts';
import { parseArguments, parseFraming, parseHost, parsePort, usage, type Syntax } from './program-arguments.ts';
import { Conversation } from './talk.ts';
import { Exit, PeerGone } from './program-error.ts';
import { Listener, type Client } from './listener.ts';
import type { Framing } from './lines.ts';
import { Operator } from './operator.ts';
import { runProgram, tell } from './program.ts';
import { pythonAddress, pythonRepr } from './python.ts';
import { VERSION } from './version.ts';

const HELP = `Usage: node server.js [options]

Waits for a client and talks to it, line by line: read a message, type the answer. The client's "exit" ends the session, Ctrl-D too.

  --host HOST          address to listen on, IPv6 without brackets; default all of them
  --port PORT          TCP or UDP port; default 7999
  --udp                answer datagrams (UDP), whoever sends them, instead of connections; each one is a message
  --keep               go on after a session, until Ctrl-C or Ctrl-D
  --framing line|raw   line: each message ends with a newline (default)
                       raw: bytes alone, each read is a message, for a client that calls recv(1024)
  --help, --version

Exit status: 0 done, 1 port not available or connection lost, 2 wrong usage, 130 Ctrl-C.
`;

const syntax: Syntax = {
  valued: ['host', 'port', 'framing'],
  flags: ['udp', 'keep', 'help', 'version'],
  maxPositionals: 0,
};

/** How long the server waits for a client that said `exit` to close first, before it closes itself. */
const CLIENT_CLOSES_WITHIN_MS = 5000;

interface Options {
  readonly host: string | undefined;
  readonly port: number;
  readonly framing: Framing;
  readonly keep: boolean;
}

/** Who ended a session. */
type EndedBy = 'client' | 'operator';

async function main(words: readonly string[]): Promise<number> {
  const { values, flags } = parseArguments(words, syntax);
  if (flags.has('help') || flags.has('version')) {
    process.stdout.write(flags.has('help') ? HELP : `${VERSION}\n`);
    return Exit.done;
  }
  const host = values.get('host');
  const options: Options = {
    host: host === undefined ? undefined : parseHost(host),
    port: parsePort(values.get('port') ?? '7999'),
    framing: parseFraming(values.get('framing') ?? 'line'),
    keep: flags.has('keep'),
  };
  const operator = new Operator(process.stdin, process.stdout);
  if (flags.has('udp')) {
    if (values.has('framing')) throw usage('--framing is for TCP: with UDP each datagram is a message');
    const { host: address, port, keep } = options;
    await serveDatagrams(operator, { host: address, port, keep, prompt: promptOf(options) });
    return Exit.done;
  }
  const listener = await Listener.open(options.host, options.port);
  operator.show('TP1 Server');
  try {
    await serveClients(listener, operator, options);
  } finally {
    listener.close();
  }
  return Exit.done;
}

/** One session, or with `keep` one after another until the operator ends one. */
async function serveClients(listener: Listener, operator: Operator, options: Options): Promise<void> {
  let endedBy: EndedBy;
  do {
    operator.show('Listening ...');
    endedBy = await serveClient(await listener.next(), operator, options);
  } while (options.keep && endedBy === 'client');
}

async function serveClient({ socket, host, port }: Client, operator: Operator, options: Options): Promise<EndedBy> {
  operator.show(`Connected by : ${pythonAddress(host, port)}`);
  const conversation = new Conversation(socket, { framing: options.framing, peer: 'the client' });
  try {
    return await talk(conversation, operator, promptOf(options));
  } catch (error) {
    if (!options.keep || !(error instanceof PeerGone)) throw error;
    tell('server', error);
    return 'client';
  } finally {
    await conversation.close();
  }
}

function promptOf({ port }: Options): string {
  return `server@${hostname()}:${port}$ `;
}

/** One session: takes turns with the client until it says `exit`, or until the end of the operator's input. */
async function talk(conversation: Conversation, operator: Operator, prompt: string): Promise<EndedBy> {
  for (let last = ''; ;) {
    const incoming = await conversation.receive();
    if ('gone' in incoming) throw withoutExit(incoming.gone);
    if (incoming.text === 'exit') {
      await sayGoodbye(conversation, last);
      return 'client';
    }
    operator.show(`from client ${pythonRepr(incoming.text)}`);
    last = incoming.text;
    const answer = await nextAnswer(conversation, operator, prompt);
    if (answer === undefined) return 'operator';
    conversation.send(answer);
  }
}

/**
 * Answers `exit` with the client's last message, and lets the client close first, so that TIME_WAIT is on its side and
 * the port is free at once.
 */
async function sayGoodbye(conversation: Conversation, last: string): Promise<void> {
  if (last === '' && conversation.framing === 'raw') {
    // An empty message has no bytes: only the end of our direction can be read as one.
    conversation.endSending();
  } else {
    conversation.send(last);
  }
  await conversation.closedByPeer(CLIENT_CLOSES_WITHIN_MS);
}

/**
 * What the operator answers; undefined at the end of input. An empty line has no bytes without a frame, so it is asked
 * for again.
 */
async function nextAnswer(conversation: Conversation, operator: Operator, prompt: string): Promise<string | undefined> {
  for (;;) {
    const answer = await operator.ask(prompt, conversation.gone());
    if ('interrupted' in answer) throw withoutExit(answer.interrupted);
    if ('end' in answer) return undefined;
    if (answer.line !== '' || conversation.framing === 'line') return answer.line;
  }
}

function withoutExit(gone: PeerGone): PeerGone {
  return new PeerGone(
    `${gone.message}; it had not said "exit". Look at its terminal; --keep makes this server wait for the next one`,
  );
}

void runProgram('server', main);
