import { createHmac } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { systemCode } from '../../core/errors.ts';
import { readText } from '../../host/files/text-file.ts';
import { type HostKey, type KnownKeys, parseHostKey } from './host-key.ts';
import { matchesPattern } from './host-pattern.ts';

/** One line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHostEntry {
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** Comma-separated patterns, or one hashed name `|1|salt|hash`. */
  readonly names: string;
  readonly key: HostKey;
}

const DEFAULT_PORT = 22;

/**
 * The entries of a file's text; each key remembers its line if the file's name is given. Comments, empty lines and
 * lines that cannot be read are passed over, as OpenSSH does.
 */
export function parseKnownHosts(text: string, file?: string): KnownHostEntry[] {
  return text.split('\n').flatMap((line, index) => {
    const entry = parseLine(line.trim());
    if (entry === undefined) return [];
    return [file === undefined ? entry : { ...entry, key: { ...entry.key, origin: `${file}:${index + 1}` } }];
  });
}

/** The keys of a host, and of the authorities that vouch for it. */
export function keysOf(entries: readonly KnownHostEntry[], host: string, port: number): KnownKeys {
  const name = hostName(host, port);
  const own = entries.filter((entry) => matches(entry.names, name));
  return {
    trusted: own.filter((entry) => entry.marker === undefined).map((entry) => entry.key),
    revoked: own.filter((entry) => entry.marker === 'revoked').map((entry) => entry.key),
    authorities: own.filter((entry) => entry.marker === 'cert-authority').map((entry) => entry.key),
  };
}

/**
 * Reads several files and joins what they say; a file that is missing, or that this user may not read, says nothing.
 */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHostEntry[]> {
  return (await Promise.all(files.map(entriesOf))).flat();
}

/** What was read last of each file: many machines are looked up in the same ones. */
const parsed = new Map<string, { readonly text: string; readonly entries: readonly KnownHostEntry[] }>();

async function entriesOf(file: string): Promise<readonly KnownHostEntry[]> {
  const text = await readIfThere(file);
  const before = parsed.get(file);
  if (before?.text === text) return before.entries;
  const entries = parseKnownHosts(text, file);
  parsed.set(file, { text, entries });
  return entries;
}

/**
 * Adds a key to a file of ours, `.lab/known_hosts`. Never call it with a file of the user's. One append of one line, so
 * that two `lab` do not mix theirs.
 */
export async function learnHostKey(file: string, host: string, port: number, key: HostKey): Promise<void> {
  // A last line that was cut off would swallow this one.
  const before = await readIfThere(file);
  await appendFile(file, `${before === '' || before.endsWith('\n') ? '' : '\n'}${knownHostsLine(host, port, key)}\n`, {
    mode: 0o600,
  });
}

/** A line that OpenSSH's client reads as well: `[127.0.0.1]:2201 ssh-ed25519 AAAA…`. */
export function knownHostsLine(host: string, port: number, key: HostKey): string {
  return `${hostName(host, port)} ${key.type} ${Buffer.from(key.blob).toString('base64')}`;
}

/**
 * The name under which a file holds a host: plain on port 22, else `[host]:port`; in lower case, as OpenSSH looks it
 * up.
 */
export function hostName(host: string, port: number): string {
  const lower = host.toLowerCase();
  return port === DEFAULT_PORT ? lower : `[${lower}]:${port}`;
}

function parseLine(line: string): KnownHostEntry | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const words = line.split(/\s+/);
  const marker = words[0]?.startsWith('@') ? words.shift()?.slice(1) : undefined;
  if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return undefined;
  const [names, type, encoded] = words;
  if (names === undefined || type === undefined || encoded === undefined) return undefined;
  const key = parseHostKey(`${type} ${encoded}`);
  return key?.type === type ? { marker, names, key } : undefined;
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|')) return matchesHash(names, name);
  const patterns = names.toLowerCase().split(',');
  const negated = patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), name));
  return !negated && patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(pattern, name));
}

/** `|1|salt|hash`: HMAC-SHA1 of the name with the salt as key (OpenSSH, HashKnownHosts). */
function matchesHash(hashed: string, name: string): boolean {
  const [, version, salt = '', hash = ''] = hashed.split('|');
  return version === '1' && createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readText(file);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'ENOTREGULAR'].includes(systemCode(error) ?? '')) return '';
    throw error;
  }
}
