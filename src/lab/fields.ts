import * as z from 'zod';
import {
  addressRule, environmentNameRule, ENVIRONMENT_NAME, fileLabelRule, FILE_LABEL, gatewayRule, hostNameRule, HOST_LABEL, interfaceNameRule, INTERFACE_NAME,
  notEmptyRule, programNameRule, promptRule, sizeRule, SIZE, sshWordRule, subnetRule, userNameRule, USER_NAME, wordRule, type TextRule,
} from './rules.ts';

/**
 * The shape of `lab.yaml`, short forms included, for people (`describe`), editors (JSON Schema) and the validator. What needs more than one
 * field to be seen is in `checks/`.
 */

/** The providers that `provider:` may name, the default first. */
export const PROVIDERS = ['netns', 'qemu', 'ssh', 'incus'] as const;

/** Text that a rule allows. `pattern` tells editors what they can check of it. */
function text(rule: TextRule, pattern?: RegExp): z.ZodString {
  const schema = z.string().superRefine((value, context) => {
    const fault = rule(value);
    if (fault) context.addIssue({ code: 'custom', message: fault.message, params: { hint: fault.hint } });
  });
  return pattern ? schema.meta({ pattern: pattern.source }) : schema;
}

const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
const CIDR = /^(?:\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/;

const address = text(addressRule, IPV4);
const subnet = text(subnetRule, CIDR);
const port = z.int().min(1).max(65_535);
/** Numbers and `true`/`false` become the text that stands in the file. */
const word = z.union([text(wordRule), z.number(), z.boolean()]);
const command = z.array(word).min(1);

const network = z
  .strictObject({
    subnet: subnet.describe('The addresses of the network, in CIDR notation.').meta({ examples: ['192.168.100.0/24'] }),
    gateway: z
      .union([text(gatewayRule, IPV4), z.literal(false)])
      .optional()
      .describe("The network's own address. Default: the first of the subnet. `false`: no gateway.")
      .meta({ examples: ['192.168.100.1'] }),
    nat: z.boolean().optional().describe('Whether machines reach the outside through the gateway. Default: `true`, if there is a gateway.').meta({ examples: [true] }),
  })
  .describe('A network. Short form: `natnet: 192.168.100.0/24`, with a gateway (the first address) and NAT.')
  .meta({ examples: ['192.168.100.0/24', { subnet: '192.168.100.0/24', gateway: '192.168.100.1', nat: true }] });

const machineInterface = z
  .strictObject({
    network: z.string().optional().describe('Name of a network. Default: the one network whose subnet holds the address.').meta({ examples: ['natnet'] }),
    address: address.describe("The machine's address on that network.").meta({ examples: ['192.168.100.4'] }),
  })
  .describe('A network interface. Short form: `eth0: 192.168.100.4`.')
  .meta({ examples: ['192.168.100.4', { network: 'natnet', address: '192.168.100.4' }] });

const sshAccess = z
  .strictObject({
    host: text(sshWordRule).optional().describe("Address or name, or an alias of `~/.ssh/config`. Default: the machine's name.").meta({ examples: ['127.0.0.1'] }),
    port: port.optional().describe('Port of its SSH server. Default: as `ssh -G` answers.').meta({ examples: [2201] }),
    user: text(sshWordRule).optional().describe("Account to log in as. Default: as `ssh -G` answers.").meta({ examples: ['ildvm1'] }),
    key: text(notEmptyRule).optional().describe('File of the private key. Default: as `ssh -G` answers.').meta({ examples: ['~/.ssh/id_ed25519'] }),
  })
  .describe('How the machine is reached, for `provider: ssh`.')
  .meta({ examples: [{ host: '127.0.0.1', port: 2201, user: 'ildvm1' }] });

const machine = z
  .strictObject({
    image: text(notEmptyRule).optional().describe('The system that it runs. Default: `ubuntu-24.04`.').meta({ examples: ['ubuntu-24.04'] }),
    user: text(userNameRule, USER_NAME).optional().describe('The account that programs run as. Default: `student`.').meta({ examples: ['ildvm1'] }),
    address: address.optional().describe('Short for one interface: `interfaces: { eth0: ADDRESS }`.').meta({ examples: ['192.168.100.4'] }),
    interfaces: z
      .record(text(interfaceNameRule, INTERFACE_NAME), z.union([address, machineInterface]))
      .optional()
      .describe('Network interfaces by name.')
      .meta({ examples: [{ eth0: { network: 'natnet', address: '192.168.100.4' } }] }),
    memory: text(sizeRule, SIZE).optional().describe('Memory, in `M` or `G`.').meta({ examples: ['512M'] }),
    cpus: z.int().min(1).max(1024).optional().describe('Number of processors.').meta({ examples: [1] }),
    disk: text(sizeRule, SIZE).optional().describe("Size limit of the machine's own files, in `M`, `G` or `T`.").meta({ examples: ['2G'] }),
    ssh: sshAccess.optional(),
  })
  .describe('A machine.')
  .meta({ examples: [{ user: 'ildvm1', address: '192.168.100.4' }] });

const program = z
  .strictObject({
    on: z.string().describe('Name of the machine that it runs on.').meta({ examples: ['vm1'] }),
    command: command.describe('What is run, word by word; no shell reads it.').meta({ examples: [['node', 'server.js', '--port', 7999]] }),
    files: z
      .array(text(notEmptyRule))
      .optional()
      .describe('Files that are copied to the machine, side by side; paths start at the folder of `lab.yaml`.')
      .meta({ examples: [['dist/programs/server.js']] }),
    build: command.optional().describe('Command that makes the files, run on this host in the folder of `lab.yaml`.').meta({ examples: [['make', 'server']] }),
    listens: z.union([port, z.array(port)]).optional().describe('TCP port that it listens on, or a list of ports.').meta({ examples: [7999] }),
    ports: z
      .enum(['error', 'free'])
      .optional()
      .describe('When another process holds a port of `listens`: `error` stops, `free` ends that process. Default: `error`.')
      .meta({ examples: ['error'] }),
    prompt: text(promptRule).optional().describe('What it shows when it waits for a line: text, or `/regular expression/`.').meta({ examples: ['server@vm1:7999$ '] }),
    env: z.record(text(environmentNameRule, ENVIRONMENT_NAME), word).optional().describe('Environment variables.').meta({ examples: [{ LANG: 'C.UTF-8' }] }),
  })
  .describe('A program: what is copied to a machine and started there.')
  .meta({ examples: [{ on: 'vm1', files: ['server.py'], command: ['python3', 'server.py'], listens: 7999 }] });

/** Its steps are judged by the `scenario` room; here they only have to be a list. */
const scenario = z
  .array(z.unknown().meta({ $ref: '#/$defs/step' }))
  .describe('Steps, played one after the other.')
  .meta({ minItems: 1, examples: [[{ start: 'server' }, { expect: { server: 'Listening' } }]] });

export const labFields = z
  .strictObject({
    version: z.literal(1).describe('Version of this format: 1.').meta({ examples: [1] }),
    name: text(hostNameRule, HOST_LABEL).optional().describe('Name of the lab. Default: the name of the folder.').meta({ examples: ['tp1'] }),
    provider: z.enum(PROVIDERS).optional().describe('Where machines come from. Default: `netns`.').meta({ examples: ['netns'] }),
    networks: z.record(text(hostNameRule, HOST_LABEL), z.union([subnet, network])).nullish().describe('Networks by name.').meta({ examples: [{ natnet: '192.168.100.0/24' }] }),
    machines: z.record(text(hostNameRule, HOST_LABEL), machine.nullable()).describe('Machines by name; they know each other by it.').meta({ examples: [{ vm1: { address: '192.168.100.4' } }] }),
    programs: z
      .record(text(programNameRule, FILE_LABEL), program)
      .nullish()
      .describe('Programs by name.')
      .meta({ examples: [{ server: { on: 'vm1', files: ['server.py'], command: ['python3', 'server.py'], listens: 7999 } }] }),
    scenarios: z
      .record(text(fileLabelRule, FILE_LABEL), scenario)
      .nullish()
      .describe('Scenarios by name: what the programs are made to do, and what they must show.')
      .meta({ examples: [{ hello: [{ start: 'server' }, { expect: { server: 'Listening' } }] }] }),
  })
  .describe('A lab: networks, machines, programs on them, and scenarios that play them.');
