import type { Machine } from '../../../lab/types.ts';
import type { AddedAccounts } from './packages/layer-types.ts';

/** The first ordinary user of an Ubuntu or Debian system. */
const USER_ID = 1000;
const ROOT_ID = 0;
/** Whose the host's files are where its accounts are not mapped. */
const NOBODY_ID = 65_534;

/** Users that OpenSSH and tcpdump drop their rights to; added where the host does not have them. */
const serviceUsers = ['sshd', 'tcpdump'];

/** What the host's account files say; only its system accounts are taken over. */
export interface HostAccounts {
  readonly passwd: string;
  readonly group: string;
  readonly shell: string;
}

/** Whether root is the only user of a machine, whatever account a program asks for. */
export interface Identities {
  readonly oneIdentity: boolean;
}

export interface AccountOptions extends Identities {
  /** By packages that are installed on the machine. */
  readonly added?: AddedAccounts | undefined;
}

/** User and group ID of the machine's user, to whom the home folder belongs. */
export function userIdOf({ user }: Machine, { oneIdentity }: Identities): number {
  return user === 'root' || oneIdentity ? ROOT_ID : USER_ID;
}

/**
 * passwd(5), shadow(5) and group(5) of one machine: the host's system accounts, the machine's user, and no one else,
 * also not as a member of a group.
 */
export function accountFiles(
  machine: Machine,
  host: HostAccounts,
  { oneIdentity, added = { passwd: [], group: [] } }: AccountOptions,
): { readonly passwd: string; readonly shadow: string; readonly group: string } {
  const { user } = machine;
  const id = userIdOf(machine, { oneIdentity });
  const users = systemLines(host.passwd).filter((line) => nameOf(line) !== user);
  const groups = systemLines(host.group)
    .filter((line) => nameOf(line) !== user)
    .map(withoutMembers);
  const missing = serviceUsers.filter((name) => ![...users, ...added.passwd].some((line) => nameOf(line) === name));
  const services = missing.map((name, index) => `${name}:x:${900 + index}:65534::/run/${name}:/usr/sbin/nologin`);
  const own =
    user === 'root' ? 'root:x:0:0:root:/root:/bin/bash' : `${user}:x:${id}:${id}:${user}:/home/${user}:${host.shell}`;
  const ownGroup = `${user}:x:${id}:`;
  const groupsWithUser = groups
    .filter((line) => !added.group.some((other) => nameOf(other) === nameOf(line)))
    .concat(added.group)
    .map((line) => (machine.sudo === false ? line : withMember(line, ['sudo', 'adm'], user)));
  const [passwd, group] = oneIdentity
    ? [
        [own, ...[...users, ...services, ...added.passwd].map(asRoot)],
        [ownGroup, ...groupsWithUser],
      ]
    : [
        [...users, ...services, own, ...added.passwd],
        [...groupsWithUser, ownGroup],
      ];
  // "*" allows no password, and is not "!", which sshd takes for a locked account.
  const shadow = passwd.map((line) => `${nameOf(line)}:*:19000:0:99999:7:::`);
  return { passwd: lines(passwd), shadow: lines(shadow), group: lines(group) };
}

/**
 * Programs that drop their rights to an account compare afterwards who they are; where there is only root, all accounts
 * are. The first line of an ID gives it its name.
 */
function asRoot(line: string): string {
  const [name, password, id, , ...rest] = line.split(':');
  return Number(id) === NOBODY_ID ? line : [name, password, ROOT_ID, ROOT_ID, ...rest].join(':');
}

function systemLines(file: string): string[] {
  return file.split('\n').filter((line) => {
    const id = Number(line.split(':')[2]);
    return /^[^#:]+:/.test(line) && (id < 1000 || id === 65_534);
  });
}

/** The members are users of the host; one of them may be called as the machine's. */
function withoutMembers(line: string): string {
  return `${line.split(':').slice(0, 3).join(':')}:`;
}

function withMember(line: string, groups: readonly string[], user: string): string {
  return groups.includes(nameOf(line)) ? `${line}${line.endsWith(':') ? '' : ','}${user}` : line;
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':'));
}

function lines(list: readonly string[]): string {
  return `${list.join('\n')}\n`;
}
