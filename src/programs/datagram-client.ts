import { DatagramSocket } from './datagram-socket.ts';
import { Operator } from './operator.ts';
import { ProgramError } from './program-error.ts';

export interface DatagramClientOptions {
  readonly host: string;
  readonly port: number;
  /** How long an answer is waited for. */
  readonly timeoutMs: number;
  readonly prompt: string;
}

/**
 * Sends each line as a datagram and shows the answer; one that does not come is told, and the next line is asked for:
 * UDP does not send again. `exit` ends it.
 *
 * @throws {ProgramError} when no program has the port there, and when `exit` is not answered.
 */
export async function askByDatagrams(operator: Operator, options: DatagramClientOptions): Promise<void> {
  const socket = await DatagramSocket.connect(options.host, options.port);
  operator.show('UDP Client');
  try {
    await talk(socket, operator, options);
  } finally {
    socket.close();
  }
}

async function talk(
  socket: DatagramSocket,
  operator: Operator,
  { timeoutMs, prompt }: DatagramClientOptions,
): Promise<void> {
  for (;;) {
    const said = await operator.ask(prompt, socket.failed());
    if ('interrupted' in said) throw said.interrupted;
    const line = 'end' in said ? 'exit' : said.line;
    for (const { text } of socket.late()) operator.show(`from server ${text} (late)`);
    await socket.send(line);
    const answer = await socket.next(timeoutMs);
    if (answer !== undefined) operator.show(`from server ${answer.text}`);
    else if (line === 'exit') throw new ProgramError(noAnswer(timeoutMs));
    else operator.show(noAnswer(timeoutMs));
    if (line === 'exit') return;
  }
}

function noAnswer(timeoutMs: number): string {
  return `no answer within ${timeoutMs / 1000} s: the datagram or its answer was lost, or the server has not answered yet`;
}
