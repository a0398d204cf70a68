import { say } from '../../core/language/say.ts';
import type { EchoCause } from './echo.ts';

/**
 * Why no echo came back, for people.
 *
 * @param nameOf the machine that has an address; undefined when none of the lab has it.
 */
export function causeWords(cause: EchoCause, nameOf: (address: string) => string | undefined): string {
  const who = (address: string): string => {
    const name = nameOf(address);
    return name === undefined ? address : `${name} (${address})`;
  };
  switch (cause.kind) {
    case 'not-sent':
      return notSent(cause.name);
    case 'no-route':
      return say`${who(cause.from)} has no route to it`;
    case 'no-neighbour':
      return cause.from === undefined
        ? say`no one on its network answers for this address`
        : say`no one on its network answers for this address, says ${who(cause.from)}`;
    case 'filtered':
      return say`a firewall on ${who(cause.from)} refuses it`;
    case 'circle':
      return say`it goes in a circle: its time to live was used up at ${who(cause.from)}`;
    case 'icmp':
      return say`${who(cause.from)} refused it (ICMP type ${cause.type}, code ${cause.code})`;
    case 'silence':
    default:
      return say`no answer`;
  }
}

function notSent(name: string): string {
  if (name === 'ENETUNREACH') return say`it has no route there`;
  if (name === 'EHOSTUNREACH') return say`its own routes forbid it`;
  if (name === 'EADDRNOTAVAIL') return say`it has no address to send from`;
  if (name === 'EPERM' || name === 'EACCES') return say`its own firewall or routes refuse it`;
  if (name === 'EAFNOSUPPORT') return say`it does not speak this version of IP`;
  return say`it could not send: ${name}`;
}
