import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { identify } from '../../../host/processes.ts';
import { startInBackground } from '../../../host/background.ts';
import { EnvironmentError, messageOf } from '../../../core/errors.ts';
import { broadcastOf, contains, formatIPv4, parseIPv4 } from '../../../core/ipv4.ts';
import { say } from '../../../core/language/say.ts';
import { type Attempt, retryUntil } from '../../../core/time/retry.ts';
import { clearWay, replaceFileSync } from '../../../state/files/own-file.ts';
import type { Route } from '../../../lab/types.ts';
import type { LabPlace, Making } from '../../provider.ts';
import { controlSocket, processLog, workFolder } from '../folders.ts';
import {
  gatewayArguments,
  gatewaySocket,
  machineArguments,
  type MachineArguments,
  type SlirpNetwork,
} from './qemu-arguments.ts';
import type { LabPlan, NetworkPlan, NicPlan } from '../machine-plan.ts';
import { labelArgument, LABEL_OPTION, processesOf, type Label, type LabelledProcess } from './lab-processes.ts';
import { Qmp } from './qmp.ts';
import { lastWords } from '../machine-console.ts';
import type { Lease } from '../switch/dhcp.ts';
import type { SwitchNetwork } from '../switch/run-switch.ts';
import type { QemuTools } from './qemu-tools.ts';

/** Starts what a lab needs, each process once: one that carries the label already is left as it is. */
export class Launcher {
  readonly #place: LabPlace;
  readonly #making: Making;
  readonly #labName: string;
  readonly #tools: QemuTools;

  constructor(place: LabPlace, making: Making, labName: string, tools: QemuTools) {
    this.#place = place;
    this.#making = making;
    this.#labName = labName;
    this.#tools = tools;
  }

  /** The switch process, listening. */
  async startSwitch(plan: LabPlan): Promise<void> {
    const { stateFolder } = this.#place;
    const networks = [...plan.networks.values()].map((network): SwitchNetwork => ({
      ports: portsOf(network, plan),
      gateway6: network.gateway6,
      keepsApart: network.isOurs,
    }));
    replaceFileSync(join(workFolder(stateFolder), SWITCH_FILE), JSON.stringify(networks), { durable: false });
    const main = fileURLToPath(
      new URL(import.meta.url.endsWith('.ts') ? '../switch/run-switch.ts' : 'qemu-switch.js', import.meta.url),
    );
    const label = this.#label('switch', 'all');
    const command = [process.execPath, main, LABEL_OPTION, labelArgument(label), SWITCH_FILE];
    const started = await this.#startOnce(label, command, {});
    await Promise.all(
      networks.flatMap(({ ports }) =>
        ports.map(({ name }) => this.#listening(started, join(workFolder(stateFolder), name))),
      ),
    );
  }

  /** slirp of a network, ready for commands; the caller closes the conversation. */
  async startGateway(network: SlirpNetwork): Promise<Qmp> {
    const label = this.#label('gateway', network.name);
    const { emulator } = this.#tools;
    const started = await this.#startOnce(
      label,
      [emulator.path, ...gatewayArguments(network, labelArgument(label))],
      emulator.env,
    );
    return this.#converse(started, join(workFolder(this.#place.stateFolder), gatewaySocket(network.name)));
  }

  /** A machine whose QEMU answers. */
  async startMachine(parts: Omit<MachineArguments, 'label'>): Promise<LabelledProcess> {
    const label = this.#label('machine', parts.plan.machine.name);
    const { emulator } = this.#tools;
    const started = await this.#startOnce(
      label,
      [emulator.path, ...machineArguments({ ...parts, label: labelArgument(label) })],
      emulator.env,
    );
    (await this.#converse(started, controlSocket(this.#place.stateFolder, label.name))).close();
    return started;
  }

  #label(role: Label['role'], name: string): Label {
    const { labId, stateFolder } = this.#place;
    return { labId, labName: this.#labName, role, name, stateFolder };
  }

  async #startOnce(
    label: Label,
    command: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<LabelledProcess> {
    const running = processesOf(label.labId).find(({ role, name }) => role === label.role && name === label.name);
    if (running) return running;
    const { stateFolder } = this.#place;
    await this.#making.journal.append({ kind: 'qemu-process', role: label.role, name: label.name });
    clearWay(processLog(stateFolder, label.name));
    const { pid } = await startInBackground(command, {
      cwd: workFolder(stateFolder),
      env,
      logFile: processLog(stateFolder, label.name),
    });
    const id = identify(pid);
    if (!id) throw this.#ended(label);
    return { ...id, ...label };
  }

  async #listening(started: LabelledProcess, socket: string): Promise<void> {
    await this.#reach(started, async () => {
      const missing = say`its socket is not there`;
      if (!existsSync(socket)) throw new Error(missing);
    });
  }

  #converse(started: LabelledProcess, socket: string): Promise<Qmp> {
    return this.#reach(started, () => Qmp.connect(socket));
  }

  async #reach<T>(started: LabelledProcess, open: () => Promise<T>): Promise<T> {
    const attempt = async (): Promise<Attempt<T>> => {
      try {
        return { value: await open() };
      } catch (error) {
        if (identify(started.pid) === undefined) throw this.#ended(started);
        return { seen: messageOf(error) };
      }
    };
    return retryUntil(attempt, {
      what: say`the ${started.role} process of ${started.name}`,
      timeoutMs: 30_000,
      intervalMs: 10,
      signal: this.#making.signal,
    });
  }

  #ended({ role, name, stateFolder }: Label): EnvironmentError {
    return new EnvironmentError(say`the ${role} process of ${name} ended at once`, {
      code: 'qemu-ended',
      detail: lastWords(processLog(stateFolder, name)),
    });
  }
}

const SWITCH_FILE = 'switch.json';

function portsOf(network: NetworkPlan, plan: LabPlan): SwitchNetwork['ports'] {
  const { slirp, subnet, reachesPrivate } = network;
  const guard = slirp &&
    subnet && { reachesPrivate, subnet, gateway: parseIPv4(slirp.gateway)!, nameserver: parseIPv4(slirp.nameserver)! };
  return [
    ...(slirp ? [{ name: slirp.port, guard }] : []),
    ...plan.machines.flatMap(({ nics, routes }) =>
      nics
        .filter((nic) => nic.network === network.name)
        .map((nic) => ({ name: nic.port, lease: leaseOf(nic, network, routes) })),
    ),
  ];
}

/** What DHCP gives: what the seed says. */
function leaseOf(
  { mac, address }: NicPlan,
  { subnet, slirp }: NetworkPlan,
  routes: readonly Route[],
): Lease | undefined {
  if (address === undefined || subnet === undefined || slirp === undefined) return undefined;
  const mask = formatIPv4(broadcastOf({ network: 0, prefixLength: subnet.prefixLength }) ^ 0xffff_ffff);
  const next = routes.find(({ to, via }) => to === 'default' && contains(subnet, parseIPv4(via) ?? -1));
  return {
    mac: mac.replaceAll(':', ''),
    address,
    mask,
    router: next?.via,
    nameserver: slirp.nameserver,
    server: slirp.gateway,
  };
}
