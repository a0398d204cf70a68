import { say } from './language/say.ts';

/** A variable of the environment that lab looks at. */
export interface EnvironmentVariable {
  readonly name: string;
  /** What it changes, for its user. */
  readonly meaning: string;
  /** The rooms that read it. */
  readonly readBy: readonly string[];
  /** No other program that lab starts gets to see it; `NAME_VM1` is the same for one machine or server alone. */
  readonly secret?: true;
}

/** Every variable of the environment that lab reads; a test compares the list with the source. */
export const environmentVariables = [
  {
    name: 'LAB_SSH_PASSWORD',
    meaning: say`password to log in with, for provider ssh`,
    readBy: ['providers'],
    secret: true,
  },
  {
    name: 'LAB_SSH_PASSPHRASE',
    meaning: say`passphrase of private keys, for provider ssh`,
    readBy: ['providers'],
    secret: true,
  },
  {
    name: 'LAB_SUDO_PASSWORD',
    meaning: say`password for sudo on a machine, to look at and end other users' processes on a port`,
    readBy: ['scenario', 'session'],
    secret: true,
  },
  {
    name: 'LAB_SSH_CONFIG',
    meaning: say`file that is read instead of ~/.ssh/config and the one of the host, as with ssh -F`,
    readBy: ['providers'],
  },
  {
    name: 'LAB_BOOT_TIMEOUT',
    meaning: say`how long a virtual machine may take to start, in seconds`,
    readBy: ['providers'],
  },
  {
    name: 'LANG',
    meaning: say`language of messages (French for fr…), and character set of builds on this host (UTF-8 where it, LC_CTYPE and LC_ALL are not set)`,
    readBy: ['cli', 'deploy'],
  },
  { name: 'LC_CTYPE', meaning: say`character set of builds, before LANG`, readBy: ['deploy'] },
  { name: 'LC_MESSAGES', meaning: say`language of messages, before LANG`, readBy: ['cli'] },
  { name: 'LC_ALL', meaning: say`both, before all of these`, readBy: ['cli', 'deploy'] },
  {
    name: 'LANGUAGE',
    meaning: say`languages of messages, best first, where the others set one at all`,
    readBy: ['cli'],
  },
  { name: 'NO_COLOR', meaning: say`no colours, as with --no-color (https://no-color.org)`, readBy: ['cli'] },
  { name: 'FORCE_COLOR', meaning: say`colours where there is no terminal, too; 0 for none`, readBy: ['cli'] },
  {
    name: 'TERM',
    meaning: say`kind of terminal; "dumb" for no colours and no moving lines; handed on to machines`,
    readBy: ['cli', 'commands', 'seats'],
  },
  {
    name: 'PAGER',
    meaning: say`what "lab help TOPIC" shows long pages with, on a terminal; empty or cat for no pages`,
    readBy: ['cli'],
  },
  { name: 'HOME', meaning: say`the user's home folder, if it belongs to this user`, readBy: ['host'] },
  { name: 'XDG_CACHE_HOME', meaning: say`folder for what can be made again, instead of ~/.cache`, readBy: ['host'] },
  { name: 'PATH', meaning: say`where the host's tools are looked for`, readBy: ['host'] },
  { name: 'USER', meaning: say`name of an account without an entry in the user database`, readBy: ['host'] },
  { name: 'LOGNAME', meaning: say`the same where USER is not set`, readBy: ['host'] },
  { name: 'USERNAME', meaning: say`the same on Windows`, readBy: ['host'] },
  {
    name: 'SUDO_UID',
    meaning: say`who called sudo: what root makes in .lab becomes theirs (sudo sets it)`,
    readBy: ['host'],
  },
  { name: 'SUDO_GID', meaning: say`the group of who called sudo (sudo sets it)`, readBy: ['host'] },
  {
    name: 'https_proxy',
    meaning: say`proxy for images of virtual machines; what APT takes for packages as well`,
    readBy: ['providers'],
  },
  { name: 'http_proxy', meaning: say`the same for what is not protected by TLS`, readBy: ['providers'] },
  { name: 'no_proxy', meaning: say`hosts that are asked without a proxy`, readBy: ['providers'] },
  { name: 'HTTPS_PROXY', meaning: say`the same as https_proxy`, readBy: ['providers'] },
  { name: 'HTTP_PROXY', meaning: say`the same as http_proxy (APT does not know it)`, readBy: ['providers'] },
  { name: 'NO_PROXY', meaning: say`the same as no_proxy`, readBy: ['providers'] },
  { name: 'SSH_AUTH_SOCK', meaning: say`socket of the SSH agent`, readBy: ['providers'] },
  {
    name: 'GITHUB_ACTIONS',
    meaning: say`a job of GitHub Actions: problems are annotations too, and "lab doctor" has lines of its own`,
    readBy: ['host'],
  },
  {
    name: 'GITHUB_WORKSPACE',
    meaning: say`folder that annotations take the path of the lab file from`,
    readBy: ['host'],
  },
  { name: 'GITHUB_STEP_SUMMARY', meaning: say`file to which "lab run" adds its result as Markdown`, readBy: ['cli'] },
  { name: 'GITLAB_CI', meaning: say`a job of GitLab, for which "lab doctor" has lines of its own`, readBy: ['host'] },
  { name: 'CI_PROJECT_DIR', meaning: say`folder that a JUnit report for GitLab takes paths from`, readBy: ['host'] },
  { name: 'CI', meaning: say`a job of another service ("true")`, readBy: ['host'] },
  { name: 'WORKSPACE', meaning: say`folder that a JUnit report for Jenkins takes paths from`, readBy: ['host'] },
  {
    name: 'KUBERNETES_SERVICE_HOST',
    meaning: say`a container of Kubernetes, for which "lab doctor" has lines of its own`,
    readBy: ['host'],
  },
  { name: 'container', meaning: say`what made the container that lab runs in, likewise`, readBy: ['host'] },
  { name: 'WSL_DISTRO_NAME', meaning: say`the Windows Subsystem for Linux, likewise`, readBy: ['host'] },
  { name: 'ProgramData', meaning: say`folder of OpenSSH's configuration on Windows`, readBy: ['providers'] },
] as const satisfies readonly EnvironmentVariable[];
