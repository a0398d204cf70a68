import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findMachineTool, findTool, findToolsFolder } from '../../host/tools.ts';
import { EnvironmentError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { need } from './identity-map.ts';
import type { HostFacts } from './plan/plan-input.ts';

const possibleLinks = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];
/** Documentation/admin-guide/devices.txt */
const possibleDevices = [
  { name: 'null', major: 1, minor: 3 },
  { name: 'zero', major: 1, minor: 5 },
  { name: 'full', major: 1, minor: 7 },
  { name: 'random', major: 1, minor: 8 },
  { name: 'urandom', major: 1, minor: 9 },
  { name: 'tty', major: 5, minor: 0 },
];
/**
 * Below /etc; for root of a machine they belong to nobody, too. Some are in the way of programs that find they cannot
 * open them.
 */
const possibleSecrets = [
  '.pwd.lock',
  'security/opasswd',
  'shadow-',
  'gshadow',
  'gshadow-',
  'passwd-',
  'group-',
  'subuid-',
  'subgid-',
  'krb5.keytab',
  'ssl/private',
  'wireguard',
  'NetworkManager/system-connections',
  'ppp',
];

/** Looks at this host; reads only. @throws {EnvironmentError} when there is no sshd. */
export function gatherHostFacts(runtime: HostFacts['runtime']): HostFacts {
  const links = possibleLinks.filter((name) => isLink(`/${name}`));
  const folders = possibleLinks.filter((name) => existsSync(`/${name}`) && !links.includes(name));
  const tools = findToolsFolder();
  const sshd = insidePath(findMachineTool('sshd')?.path, tools);
  if (sshd === undefined)
    throw new EnvironmentError(say`there is no sshd on this host`, {
      code: 'sshd-missing',
      hint: say`Run "lab doctor --fix": it gets what is missing without touching the host.`,
    });
  const tcpdump = findMachineTool('tcpdump')?.path;
  const sharedFolders = ['usr', 'etc', ...folders, ...(hasEntries('/opt') ? ['opt'] : [])];
  const mountPoints = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  return {
    accounts: {
      passwd: readFileSync('/etc/passwd', 'utf8'),
      group: readFileSync('/etc/group', 'utf8'),
      shell: existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh',
    },
    rootLinks: new Map(links.map((name) => [name, readlinkSync(`/${name}`)])),
    sharedFolders,
    foldersWithMounts: sharedFolders.filter((name) => mountPoints.some((path) => path.startsWith(`/${name}/`))),
    devices: possibleDevices.filter(({ name }) => existsSync(`/dev/${name}`)),
    skeleton: skeleton(),
    packageFolders: packageFolders(),
    installBase: undefined,
    secrets: [
      ...possibleSecrets.map((name) => `/etc/${name}`).filter((path) => existsSync(path)),
      ...closedFiles('/usr/local/etc'),
    ],
    toolsFolder: tools,
    toolLayers: tools === undefined ? [] : ['usr', 'etc'].filter((name) => existsSync(join(tools, name))),
    sshd,
    sftpServer: ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server', '/usr/lib/ssh/sftp-server'].find(
      (path) => existsSync(path) || (tools && existsSync(tools + path)),
    ),
    sudoFiles: sudoFiles(tools),
    tcpdump: tcpdump === undefined ? undefined : { source: tcpdump, path: insidePath(tcpdump, tools) ?? tcpdump },
    perl: need('perl'),
    nft: findTool('nft')?.path,
    pipesCores: readFileSync('/proc/sys/kernel/core_pattern', 'utf8').startsWith('|'),
    slirp4netns: findTool('slirp4netns')?.path,
    runtime,
  };
}

/** The path at which a machine sees a tool: the private tools folder is one of the layers of its file system. */
function insidePath(path: string | undefined, tools: string | undefined): string | undefined {
  return tools !== undefined && path?.startsWith(`${tools}/`) ? path.slice(tools.length) : path;
}

function sudoFiles(tools: string | undefined): HostFacts['sudoFiles'] {
  const sudo = findMachineTool('sudo')?.path;
  if (sudo === undefined) return [];
  const root = tools !== undefined && sudo.startsWith(`${tools}/`) ? tools : '';
  const plugins = ['/usr/libexec/sudo', '/usr/lib/sudo'].find((folder) => existsSync(root + folder));
  const files =
    plugins === undefined
      ? []
      : readdirSync(root + plugins).filter(
          (name) => lstatSync(join(root + plugins, name)).isFile() || isLink(join(root + plugins, name)),
        );
  return [
    { source: realpathSync(sudo), path: insidePath(sudo, tools) ?? sudo, mode: 0o4755 },
    ...files.map((name) => ({
      source: realpathSync(join(root + plugins!, name)),
      path: join(plugins!, name),
      mode: 0o644,
    })),
  ];
}

/** Only where dpkg is what the host's programs come from. */
function packageFolders(): readonly string[] {
  const folders = ['dpkg', 'apt'];
  return existsSync('/var/lib/dpkg/status') ? folders.filter((name) => existsSync(`/var/lib/${name}`)) : [];
}

function skeleton(): ReadonlyMap<string, string> {
  const folder = '/etc/skel';
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => lstatSync(join(folder, name)).isFile()) : [];
  return new Map(names.map((name) => [basename(name), readFileSync(join(folder, name), 'utf8')]));
}

/**
 * What others than its owner may not read below a folder: files of /usr are those of root of a machine, and of /usr
 * this is the part that is made on the host.
 */
function closedFiles(folder: string): string[] {
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    const { mode } = lstatSync(path);
    if (!entry.isSymbolicLink() && (mode & 0o004) === 0) return [path];
    return entry.isDirectory() ? closedFiles(path) : [];
  });
}

function hasEntries(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).length > 0;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Our own Node runtime as `deploy` names it: version, platform, architecture. */
export function runtimeOfThisProcess(): NonNullable<HostFacts['runtime']> {
  return { path: realpathSync(process.execPath), key: `node-${process.version}-${process.platform}-${process.arch}` };
}
