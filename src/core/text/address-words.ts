import { addressesOn, type Addressed } from '../lab-description.ts';
import { say } from '../language/say.ts';

/** `10.1.0.5, fd00:1::5`, or that there is none. */
export function addressesText(port: Addressed): string {
  return addressesOn(port).join(', ') || say`no address`;
}
