import { readFileSync } from 'node:fs';

/** Where os-release(5) says to look, in this order. */
const files = ['/etc/os-release', '/usr/lib/os-release'];

/** What this host calls its system: `Debian GNU/Linux 12 (bookworm)`; undefined when it does not say. */
export function hostSystem(): string | undefined {
  for (const file of files) {
    try {
      return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync(file, 'utf8'))?.[1];
    } catch {
      // The next one.
    }
  }
  return undefined;
}
