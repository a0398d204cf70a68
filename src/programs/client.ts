import { hostname } from 'node:os';
import { parseArguments, parseFraming, parseHost, parsePort, usage, type Syntax } from './program-arguments.ts';
import { connect } from './connect-to-server.ts';
import { askByDatagrams } from './datagram-client.ts';
import { Conversation } from './talk.ts';
import { Exit, PeerGone } from './program-error.ts';
import type { Framing } from './lines.ts';
import { Operator } from './operator.ts';
import { runProgram } from './program.ts';
import { VERSION } from './version.ts';

const HELP = `Usage: node client.js HOST [PORT] [options]

Talks to a server, line by line: type a message, read the answer. "exit" or Ctrl-D ends the session.

  HOST, --host HOST    name or address of the server, IPv6 without brackets
  PORT, --port PORT    its TCP or UDP port; default 7999
  --udp                send each line as a datagram (UDP), without a connection
  --framing line|raw   line: each message ends with a newline (default)
                       raw: bytes alone, each read is a message, for a server that calls recv(1024)
  --timeout SECONDS    how long to try to connect, default 10; with --udp, to wait for an answer, default 5
  --help, --version

Exit status: 0 done, 1 connection failed or lost, 2 wrong usage, 130 Ctrl-C.
`;

const syntax: Syntax = {
  valued: ['host', 'port', 'framing', 'timeout'],
  flags: ['udp', 'help', 'version'],
  maxPositionals: 2,
};

interface Options {
  readonly host: string;
  readonly port: number;
  readonly framing: Framing;
  readonly timeoutMs: number;
}

async function main(words: readonly string[]): Promise<number> {
  const { values, flags, positionals } = parseArguments(words, syntax);
  if (flags.has('help') || flags.has('version')) {
    process.stdout.write(flags.has('help') ? HELP : `${VERSION}\n`);
    return Exit.done;
  }
  const isUdp = flags.has('udp');
  const options = readOptions(values, positionals, isUdp ? '5' : '10');
  const operator = new Operator(process.stdin, process.stdout);
  const prompt = `client@${hostname()}:${options.port}$ `;
  if (isUdp) {
    if (values.has('framing')) throw usage('--framing is for TCP: with UDP each datagram is a message');
    const { host, port, timeoutMs } = options;
    await askByDatagrams(operator, { host, port, timeoutMs, prompt });
    return Exit.done;
  }
  const socket = await connect(options);
  operator.show('TP1 CLI');
  const conversation = new Conversation(socket, { framing: options.framing, peer: 'the server' });
  await talk(conversation, operator, prompt);
  await conversation.close();
  return Exit.done;
}

function readOptions(
  values: ReadonlyMap<string, string>,
  positionals: readonly string[],
  defaultTimeout: string,
): Options {
  const [host = values.get('host'), port = values.get('port') ?? '7999'] = positionals;
  if (host === undefined) throw usage('which server? Say: node client.js HOST [PORT]');
  const seconds = Number(values.get('timeout') ?? defaultTimeout);
  if (!(seconds > 0 && seconds <= 3600)) throw usage('--timeout is a number of seconds, more than 0 and at most 3600');
  return {
    host: parseHost(host),
    port: parsePort(port),
    framing: parseFraming(values.get('framing') ?? 'line'),
    timeoutMs: seconds * 1000,
  };
}

/** One session: takes turns with the server until the operator says `exit` and the server has answered that. */
async function talk(conversation: Conversation, operator: Operator, prompt: string): Promise<void> {
  for (let said = 0; ; said++) {
    const message = await nextMessage(conversation, operator, prompt);
    const leaving = message === 'exit';
    conversation.send(message);
    // The server answers with our last message. Where there was none and messages have no frame, that answer has no
    // bytes: only its end can be read.
    const expectsNothing = leaving && said === 0 && conversation.framing === 'raw';
    if (expectsNothing) conversation.endSending();
    const answer = await conversation.receive();
    if ('text' in answer) {
      operator.show(`from server ${answer.text}`);
    } else if (expectsNothing) {
      operator.show('from server ');
    } else {
      throw new PeerGone(
        `${answer.gone.message} before it answered. Look at its terminal; start it again, then this client`,
      );
    }
    if (leaving) return;
  }
}

/**
 * What the operator says next; the end of input says `exit`. An empty line has no bytes without a frame, so it is asked
 * for again.
 */
async function nextMessage(conversation: Conversation, operator: Operator, prompt: string): Promise<string> {
  for (;;) {
    const answer = await operator.ask(prompt, conversation.gone());
    if ('interrupted' in answer)
      throw new PeerGone(`${answer.interrupted.message}. Look at its terminal; start it again, then this client`);
    if ('end' in answer) return 'exit';
    if (answer.line !== '' || conversation.framing === 'line') return answer.line;
  }
}

void runProgram('client', main);
