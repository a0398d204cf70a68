import { formatSubnet, type Subnet } from '../../../core/ipv4.ts';
import type { Acceleration } from './acceleration.ts';
import type { DirectBoot } from '../images/image-store.ts';
import type { MachinePlan, NetworkPlan, SlirpPlan } from '../machine-plan.ts';

export interface MachineArguments {
  readonly plan: MachinePlan;
  /** The label, which is also the name that QEMU shows. */
  readonly label: string;
  readonly acceleration: Acceleration;
  /** Absolute paths of what the kernel is started from; undefined: firmware starts what the disk holds. */
  readonly boot: DirectBoot | undefined;
  /** A saved state to begin with, instead of a start. */
  readonly stateFile: string | undefined;
}

/**
 * All that follows `qemu-system-x86_64` for one machine. Paths are relative to the work folder, because a socket's path
 * must be short.
 */
export function machineArguments({ plan, label, acceleration, boot, stateFile }: MachineArguments): string[] {
  const { name } = plan.machine;
  return [
    '-name',
    label,
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    ...acceleration.arguments,
    // Without graphics the firmware talks on the serial console: or it would go unseen that it finds nothing to start.
    '-machine',
    boot ? 'q35' : 'q35,graphics=off',
    '-m',
    `${plan.memoryMiB}`,
    '-smp',
    `${plan.cpus}`,
    '-rtc',
    'base=utc,clock=host',
    '-boot',
    'strict=on',
    ...(boot ? ['-kernel', boot.kernel, '-initrd', boot.initrd, '-append', boot.arguments] : []),
    // The overlay lives no longer than the lab: a crash of the host costs nothing that anybody wants back.
    '-drive',
    `file=${name}.qcow2,if=none,id=disk,format=qcow2,cache=unsafe,discard=unmap`,
    '-device',
    'virtio-blk-pci,drive=disk,bootindex=1',
    '-drive',
    `file=${name}.iso,if=none,id=seed,format=raw,readonly=on`,
    '-device',
    'virtio-blk-pci,drive=seed',
    // Nothing starts from the network: its boot program would wait for a key, then ask there before it says that the
    // disk holds nothing.
    ...plan.nics.flatMap((nic, index) => [
      '-netdev',
      stream(`nic${index}`, nic.port),
      '-device',
      `virtio-net-pci,netdev=nic${index},mac=${nic.mac},romfile=`,
    ]),
    '-object',
    'rng-random,filename=/dev/urandom,id=rng',
    '-device',
    'virtio-rng-pci,rng=rng',
    // Tells the guest that it was resumed, so that it mixes new randomness (Virtual Machine Generation ID).
    '-device',
    'vmgenid,guid=auto',
    '-chardev',
    `socket,id=console,path=${name}.console,server=on,wait=off,logfile=../console/${name}.log,logappend=on`,
    '-serial',
    'chardev:console',
    '-qmp',
    `unix:${name}.qmp,server=on,wait=off`,
    ...(stateFile === undefined ? [] : ['-incoming', `exec:cat ${quoteForShell(stateFile)}`]),
  ];
}

/** A network where slirp is. */
export type SlirpNetwork = NetworkPlan & { readonly slirp: SlirpPlan; readonly subnet: Subnet };

/**
 * A process without a machine: slirp on one side, the switch on the other. It provides the gateway, the name server and
 * the way to the outside, and lets this host reach each machine's SSH server. Without "nat" it is only the last.
 */
export function gatewayArguments(network: SlirpNetwork, label: string): string[] {
  const {
    nat,
    subnet,
    slirp: { gateway, nameserver, port },
  } = network;
  return [
    '-name',
    label,
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-machine',
    'none',
    '-netdev',
    `user,id=way,net=${formatSubnet(subnet)},host=${gateway},dns=${nameserver},ipv6=off${nat ? '' : ',restrict=on'}`,
    '-netdev',
    'hubport,id=hub0,hubid=0,netdev=way',
    '-netdev',
    stream('cable', port),
    '-netdev',
    'hubport,id=hub1,hubid=0,netdev=cable',
    '-qmp',
    `unix:${gatewaySocket(network.name)},server=on,wait=off`,
  ];
}

export function gatewaySocket(network: string): string {
  return `gateway-${network}.qmp`;
}

function stream(id: string, port: string): string {
  return `stream,id=${id},server=off,addr.type=unix,addr.path=${port}`;
}

export function hasSlirp(network: NetworkPlan): network is SlirpNetwork {
  return network.slirp !== undefined && network.subnet !== undefined;
}

/** QEMU gives the text after `exec:` to sh(1). */
function quoteForShell(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
