import { DatagramSocket, type Datagram } from './datagram-socket.ts';
import { Operator } from './operator.ts';
import { pythonAddress, pythonRepr } from './python.ts';

export interface DatagramServerOptions {
  readonly host: string | undefined;
  readonly port: number;
  readonly keep: boolean;
  readonly prompt: string;
}

/**
 * Answers datagrams, whoever sends them: reads one, asks the operator for the answer, sends it back. Ends when a client
 * says `exit`, unless it is to be kept, and at the end of the operator's input.
 *
 * @throws {ProgramError} when it cannot have the port.
 */
export async function serveDatagrams(operator: Operator, options: DatagramServerOptions): Promise<void> {
  const socket = await DatagramSocket.bind(options.host, options.port);
  operator.show('UDP Server');
  operator.show('Waiting for datagrams ...');
  try {
    await answerAll(socket, operator, options);
  } finally {
    socket.close();
  }
}

async function answerAll(
  socket: DatagramSocket,
  operator: Operator,
  { prompt, keep }: DatagramServerOptions,
): Promise<void> {
  /** By client: what it said last, but for `exit`. */
  const lasts = new Map<string, string>();
  let before = '';
  for (;;) {
    const datagram = await socket.next();
    if (datagram === undefined) return;
    const { text } = datagram;
    const from = pythonAddress(datagram.host, datagram.port);
    if (from !== before) operator.show(`Datagram from : ${from}`);
    before = from;
    if (text === 'exit') {
      // As with TCP, `exit` is answered with the last message.
      await socket.send(lasts.get(from) ?? '', datagram);
      lasts.delete(from);
      if (!keep) return;
      continue;
    }
    lasts.set(from, text);
    operator.show(`from client ${pythonRepr(text)}`);
    if (!(await answer(socket, operator, { datagram, prompt }))) return;
  }
}

/** False at the end of the operator's input. */
async function answer(
  socket: DatagramSocket,
  operator: Operator,
  { datagram, prompt }: { readonly datagram: Datagram; readonly prompt: string },
): Promise<boolean> {
  const said = await operator.ask(prompt, socket.failed());
  if ('interrupted' in said) throw said.interrupted;
  if ('end' in said) return false;
  await socket.send(said.line, datagram);
  return true;
}
