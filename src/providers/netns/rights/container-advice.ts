import { say } from '../../../core/language/say.ts';
import type { HostSituation } from '../../../host/situation/host-situation.ts';

/**
 * How the container in which this process runs has to be started, so that it may make machines: only the options for
 * what was found to stand against it; none when nothing was. In a job of a service, as its recipe says it.
 */
export function containerAdvice(situation: HostSituation): string[] {
  const { container, ci } = situation;
  if (container === 'kubernetes') return podAdvice(situation);
  if (container === 'lxc')
    return [
      say`# on the computer that runs this container, for Incus or LXD, with its name:`,
      'incus config set NAME security.nesting=true && incus restart NAME',
      say`# for Proxmox, with its number: pct set NUMBER --features nesting=1,keyctl=1`,
    ];
  const engine = container === 'podman' ? 'podman' : 'docker';
  const needed = needs(situation);
  if (Object.values(needed).every(({ length }) => length === 0)) return [];
  if (ci === 'gitlab') return runnerAdvice(needed);
  const options = optionsOf(needed, engine).join(' ');
  if (ci === 'github') return [say`# in the workflow, below "container:" of this job:`, `options: ${options}`];
  const everything = say`# or, without the walls of the container: ${engine} run --privileged …`;
  return [
    say`# on the computer that runs this container, add these options to those that it was started with:`,
    `${engine} run ${options} …`,
    ...(situation.reader.isRoot ? [everything] : []),
  ];
}

/** What a container has to be given. */
interface Needs {
  readonly capabilities: readonly string[];
  /** As Docker's daemon takes them. */
  readonly security: readonly string[];
  /** What engines mount over parts of /proc and /sys has to go. */
  readonly unmask: readonly true[];
  readonly devices: readonly string[];
}

/**
 * The filters of Docker and Podman let root with CAP_SYS_ADMIN do all that machines need, so it is in the way only where
 * that was there, or of an ordinary user.
 */
function needs(situation: HostSituation): Needs {
  const { reader, hasSysAdmin, isFiltered, appArmorProfile, hasSELinux, hidden, ownsHost, hasTunDevice } = situation;
  const lacksRight = reader.isRoot && !hasSysAdmin;
  return {
    capabilities: lacksRight ? ['SYS_ADMIN'] : [],
    security: [
      ...(isFiltered && !lacksRight ? ['seccomp=unconfined'] : []),
      ...(appArmorProfile === undefined ? [] : ['apparmor=unconfined']),
      ...(hasSELinux ? ['label=disable'] : []),
    ],
    // Root of the host may mount what shows all, whatever is hidden where it stands.
    unmask: hidden.length > 0 && !ownsHost ? [true] : [],
    // For networks with "nat: true".
    devices: hasTunDevice ? [] : ['/dev/net/tun'],
  };
}

function optionsOf({ capabilities, security, unmask, devices }: Needs, engine: 'docker' | 'podman'): string[] {
  return [
    ...capabilities.map((name) => `--cap-add ${name}`),
    ...security.map((option) => `--security-opt ${option}`),
    ...unmask.map(() => `--security-opt ${engine === 'podman' ? 'unmask=ALL' : 'systempaths=unconfined'}`),
    ...devices.map((path) => `--device ${path}`),
  ];
}

/**
 * For GitLab's runner with Docker, where only the configuration of the runner decides. "systempaths" is an option of
 * Docker's command line alone, which the runner does not use (https://gitlab.com/gitlab-org/gitlab-runner/-/issues/36810).
 */
function runnerAdvice({ capabilities, security, unmask, devices }: Needs): string[] {
  const lines = [
    ...(capabilities.length === 0 ? [] : [`  cap_add = ${list(capabilities)}`]),
    ...(security.length === 0 ? [] : [`  security_opt = ${list(security)}`]),
    ...(devices.length === 0 ? [] : [`  devices = ${list(devices)}`]),
  ];
  return [
    say`# no job can set this: the administrator of the runner does, in its config.toml`,
    '[runners.docker]',
    ...(unmask.length === 0 ? lines : ['  privileged = true']),
    ...(unmask.length === 0
      ? []
      : [say`# or, without that: run the job as root of its container, and ask "lab doctor --ci" again`]),
  ];
}

/** A list of TOML. */
function list(words: readonly string[]): string {
  return `[${words.map((word) => `"${word}"`).join(', ')}]`;
}

/** https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ */
function podAdvice({ reader, hasSysAdmin, hidden, ownsHost }: HostSituation): string[] {
  const isMasked = hidden.length > 0 && !ownsHost;
  const needed = [
    ...(reader.isRoot && !hasSysAdmin ? ['capabilities: { add: [SYS_ADMIN] }'] : []),
    'seccompProfile: { type: Unconfined }',
    'appArmorProfile: { type: Unconfined }',
    ...(isMasked ? ['procMount: Unmasked'] : []),
  ];
  return [
    isMasked
      ? say`# in the description of the pod, which also needs "hostUsers: false":`
      : say`# in the description of the pod:`,
    `securityContext: { ${needed.join(', ')} }`,
  ];
}
