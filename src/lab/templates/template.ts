import { join } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { checkLabName } from '../fields/rules.ts';

export interface TemplateOptions {
  /** Name of the lab. Default: the template's own. */
  readonly name?: string | undefined;
  /** Default: the template's own. */
  readonly provider?: string | undefined;
  /** Where the JSON Schema will lie, from the folder of the new file. Default: `./lab.schema.json`. */
  readonly schemaPath?: string | undefined;
  /** Folder of the compiled `server.js` and `client.js`, from the folder of the new file. Default: `dist/programs`. */
  readonly programsFolder?: string | undefined;
}

interface Template {
  readonly provider: string;
  readonly write: (options: FilledOptions) => string;
  /** What the user does before `lab up`: comments and commands, line by line. */
  readonly steps: readonly string[];
}

type FilledOptions = { readonly [K in keyof TemplateOptions]-?: string };

const templates: ReadonlyMap<string, Template> = new Map([
  ['tp1', { provider: 'netns', write: tp1, steps: [] }],
  ['virtualbox', { provider: 'ssh', write: virtualbox, steps: virtualboxSteps() }],
]);

/** The names that `labTemplate` knows, the default first. */
export const labTemplates: readonly string[] = [...templates.keys()];

/**
 * The text of a commented `lab.yaml` that passes validation as it stands, once its programs are built.
 *
 * @throws {UsageError} `unknown-template`, with the known names; `wrong-name` when `name` is no legal host name.
 */
export function labTemplate(template: string, options: TemplateOptions = {}): string {
  const { write, provider: own } = templateNamed(template);
  const {
    name = template,
    provider = own,
    schemaPath = './lab.schema.json',
    programsFolder = 'dist/programs',
  } = options;
  checkLabName(name);
  return write({ name, provider, schemaPath, programsFolder });
}

/** What is to be done before the machines of a template can be used. @throws {UsageError} `unknown-template` */
export function templateSteps(template: string): readonly string[] {
  return templateNamed(template).steps;
}

function templateNamed(name: string): Template {
  const template = templates.get(name);
  if (!template)
    throw new UsageError(`there is no template "${name}"`, {
      code: 'unknown-template',
      hint: suggestion(name, labTemplates),
    });
  return template;
}

/** The reference practical: two machines on a NAT network, a TCP server and its client. */
function tp1({ name, provider, schemaPath, programsFolder }: FilledOptions): string {
  return `# yaml-language-server: $schema=${schemaPath}
# TP1, connected mode: a TCP server on vm1 and its client on vm2. "lab validate" checks this file, "lab up" starts the machines,
# "lab run" plays the scenario, "lab down" removes everything again.
version: 1
name: ${name}
provider: ${provider} # where machines come from: netns (on this host), qemu (virtual machines), ssh (machines that run already)

networks:
  natnet: { subnet: 192.168.100.0/24, gateway: 192.168.100.1, nat: true } # short: natnet: 192.168.100.0/24

machines: # they know each other by name
  vm1: { image: ubuntu-24.04, user: ildvm1, interfaces: { eth0: { network: natnet, address: 192.168.100.4 } } }
  vm2: { image: ubuntu-24.04, user: ildvm2, interfaces: { eth0: { network: natnet, address: 192.168.100.5 } } }

# ssh: peers # each machine gets a key that opens the others: "ssh vm2" and "scp" work on vm1, for you and for every program there

${practical(programsFolder)}`;
}

/** The practical on two virtual machines of VirtualBox that exist already, on one NAT network. */
function virtualbox({ name, provider, schemaPath, programsFolder }: FilledOptions): string {
  return `# yaml-language-server: $schema=${schemaPath}
# TP1 on two Ubuntu Server machines that run in VirtualBox, on one NAT network. lab reaches them over SSH, through the port forwards of that
# network; the programs talk over the network itself. "lab up" looks whether all that stands here is so, and says what is not.
version: 1
name: ${name}
provider: ${provider} # machines that run already; nothing of them is changed but folders of lab in the home of the user

networks:
  natnet: { subnet: 192.168.100.0/24, gateway: 192.168.100.1, nat: true }

machines: # "ip -brief address" in a machine shows its interface and address
  vm1:
    user: ildvm1 # the account in the machine
    interfaces: { enp0s3: { network: natnet, address: 192.168.100.4 } }
    ssh: { host: 127.0.0.1, port: 2201 } # "key: ~/.ssh/id_ed25519" names a key; else as ssh would do it, and a password is asked for
  vm2:
    user: ildvm2
    interfaces: { enp0s3: { network: natnet, address: 192.168.100.5 } }
    ssh: { host: 127.0.0.1, port: 2202 }

${practical(programsFolder)}`;
}

/** How VirtualBox makes such a network (VirtualBox manual, "Network Address Translation Service"). The lines are the same for sh, PowerShell and cmd.exe. */
function virtualboxSteps(): string[] {
  return [
    '# The network, with a way to the SSH server of each machine (on this host, once):',
    'VBoxManage natnetwork add --netname natnet --network "192.168.100.0/24" --enable --dhcp on',
    forward('vm1', 2201, '192.168.100.4'),
    forward('vm2', 2202, '192.168.100.5'),
    'VBoxManage natnetwork start --netname natnet',
    '# The machines on that network (while they are off; "VBoxManage list vms" shows their names):',
    'VBoxManage modifyvm vm1 --nic1 natnetwork --nat-network1 natnet',
    'VBoxManage modifyvm vm2 --nic1 natnetwork --nat-network1 natnet',
    '# In each machine, once; in the other its name is vm2:',
    'sudo apt install openssh-server',
    'sudo hostnamectl set-hostname vm1',
    '# Your key to each machine, so that no password is needed (on this host; "ssh-keygen -t ed25519" makes one):',
    'ssh-copy-id -p 2201 ildvm1@127.0.0.1',
    'ssh-copy-id -p 2202 ildvm2@127.0.0.1',
  ];
}

function forward(machine: string, port: number, address: string): string {
  return `VBoxManage natnetwork modify --netname natnet --port-forward-4 "ssh-${machine}:tcp:[127.0.0.1]:${port}:[${address}]:22"`;
}

/** Programs and scenario of the practical, the same wherever the machines come from. */
function practical(programsFolder: string): string {
  return `programs:
  server:
    on: vm1
    files: [${word(join(programsFolder, 'server.js'))}] # copied to the machine; "build: [make]" would make them first
    command: [node, server.js, --port, 7999] # a list of words; no shell reads it
    listens: 7999 # verified before each start
    ports: error # when another process holds the port: error, or free to end that process
    prompt: "server@vm1:7999$ " # shown when it waits for a line; /…/ is a regular expression
  client:
    on: vm2
    files: [${word(join(programsFolder, 'client.js'))}]
    command: [node, client.js, vm1, 7999]
    prompt: "client@vm2:7999$ "

scenarios:
  tp1: # lab run tp1
    - start: server # checks the port, then waits until it listens
    - start: client
    - send: { client: "Hello vm1" } # waits for the prompt, then types the line
    - expect: { server: "from client 'Hello vm1'" }
    - send: { server: "Hello ! ,What's up VM2" }
    - expect: { client: "from server Hello ! ,What's up VM2" }
    - send: { client: exit }
    - expect: { client: "from server Hello vm1" }
    - exit: { client: 0, server: 0 } # both end by themselves, with status 0

# report: { author: Your Name, group: G1, course: Networks, lang: fr } # heading and language of "lab report"; several authors: [A, B]
`;
}

/** A path as a word of a list in brackets. */
function word(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}
