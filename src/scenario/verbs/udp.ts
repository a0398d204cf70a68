import { say } from '../../core/language/say.ts';
import { checkPackets } from '../packets/packet-check.ts';
import { toldUdp } from '../recheck/told-udp.ts';
import { parseUdp, udpSchema, udpText } from '../udp/read-udp.ts';
import type { UdpExpectation } from '../udp/udp-expectation.ts';
import { defineVerb } from './define-verb.ts';

export const udp = defineVerb<UdpExpectation>('udp', {
  schema: udpSchema,
  description: say`Checks in the captured packets what UDP did so far: how many datagrams were sent, answered, lost, duplicated or cut in fragments, which ones ICMP reported as undeliverable, the text that they carried.`,
  example: { datagrams: { client: 10 }, answered: 8, unreachable: 'none' },
  timeoutMs: 3000,
  longForm: udpSchema,
  needsPackets: true,
  parse: parseUdp,
  text: udpText,
  claims: (map) => ({ udp: toldUdp(map) }),
  async play(expectation, limit, play) {
    await checkPackets({ udp: expectation }, play.limitOf(limit), play);
    return 'played';
  },
});
