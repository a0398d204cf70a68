import type { ArpMessage } from '../../packets/arp/arp-message.ts';
import type { DatagramWords } from '../language/datagrams-en.ts';

/** What a message of ARP says: `who has 10.0.0.20? Tell 10.0.0.2`. */
export function arpText({ operation, purpose, from, to }: ArpMessage, words: DatagramWords['arp']): string {
  if (purpose === 'announcement') return words.announcement(from.address, from.linkAddress);
  if (purpose === 'probe') return words.probe(to.address);
  if (operation === 'request') return words.request(to.address, from.address);
  return operation === 'reply' ? words.reply(from.address, from.linkAddress) : words.other;
}
