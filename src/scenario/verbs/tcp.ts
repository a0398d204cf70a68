import { say } from '../../core/language/say.ts';
import { parseTcp, tcpSchema, tcpText } from '../tcp/read-tcp.ts';
import { checkPackets } from '../packets/packet-check.ts';
import type { TcpExpectation } from '../tcp/tcp-expectation.ts';
import { toldTcp } from '../recheck/told-tcp.ts';
import { defineVerb } from './define-verb.ts';

export const tcp = defineVerb<TcpExpectation>('tcp', {
  schema: tcpSchema,
  description: say`Checks in the captured packets what TCP did so far: handshakes, how connections were closed, retransmissions, windows of 0 bytes, the text that they carried.`,
  example: { handshake: true, close: { by: 'client', kind: 'fin' }, reset: 'none' },
  timeoutMs: 3000,
  longForm: tcpSchema,
  needsPackets: true,
  parse: parseTcp,
  text: tcpText,
  claims: (map) => ({ tcp: toldTcp(map) }),
  async play(expectation, limit, play) {
    await checkPackets({ tcp: expectation }, play.limitOf(limit), play);
    return 'played';
  },
});
