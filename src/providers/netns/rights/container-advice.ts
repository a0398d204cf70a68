import type { HostSituation } from './host-situation.ts';

/**
 * How the container in which this process runs has to be started, so that it may make machines: only the options for
 * what was found to stand against it; none when nothing was.
 */
export function containerAdvice(situation: HostSituation): string[] {
  const { container } = situation;
  if (container === 'kubernetes') return podAdvice(situation);
  if (container === 'lxc')
    return [
      '# on the computer that runs this container, for Incus or LXD, with its name:',
      'incus config set NAME security.nesting=true && incus restart NAME',
      '# for Proxmox, with its number: pct set NUMBER --features nesting=1,keyctl=1',
    ];
  const engine = container === 'podman' ? 'podman' : 'docker';
  const needed = options(situation, engine);
  if (needed.length === 0) return [];
  const everything = `# or, without the walls of the container: ${engine} run --privileged …`;
  return [
    '# on the computer that runs this container, add these options to those that it was started with:',
    `${engine} run ${needed.join(' ')} …`,
    ...(situation.reader.isRoot ? [everything] : []),
  ];
}

function options(situation: HostSituation, engine: 'docker' | 'podman'): string[] {
  const { reader, hasSysAdmin, isFiltered, appArmorProfile, hasSELinux, hidden, ownsHost, hasTunDevice } = situation;
  return [
    ...(reader.isRoot && !hasSysAdmin ? ['--cap-add SYS_ADMIN'] : []),
    ...(isFiltered ? ['--security-opt seccomp=unconfined'] : []),
    ...(appArmorProfile === undefined ? [] : ['--security-opt apparmor=unconfined']),
    ...(hasSELinux ? ['--security-opt label=disable'] : []),
    // Root of the host may mount what shows all, whatever is hidden where it stands.
    ...(hidden.length > 0 && !ownsHost
      ? [`--security-opt ${engine === 'podman' ? 'unmask=ALL' : 'systempaths=unconfined'}`]
      : []),
    // For networks with "nat: true".
    ...(hasTunDevice ? [] : ['--device /dev/net/tun']),
  ];
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
    `# in the description of the pod${isMasked ? ', which also needs "hostUsers: false"' : ''}:`,
    `securityContext: { ${needed.join(', ')} }`,
  ];
}
