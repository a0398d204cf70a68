import { join } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { suggestion } from '../core/suggest.ts';
import { checkLabName } from './rules.ts';

export interface TemplateOptions {
  /** Name of the lab. Default: the template's own. */
  readonly name?: string | undefined;
  /** Default: `netns`. */
  readonly provider?: string | undefined;
  /** Where the JSON Schema will lie, from the folder of the new file. Default: `./lab.schema.json`. */
  readonly schemaPath?: string | undefined;
  /** Folder of the compiled `server.js` and `client.js`, from the folder of the new file. Default: `dist/programs`. */
  readonly programsFolder?: string | undefined;
}

type Template = (options: FilledOptions) => string;
type FilledOptions = { readonly [K in keyof TemplateOptions]-?: string };

const TEMPLATES: ReadonlyMap<string, Template> = new Map([['tp1', tp1]]);

/** The names that `labTemplate` knows, the default first. */
export const labTemplates: readonly string[] = [...TEMPLATES.keys()];

/**
 * The text of a commented `lab.yaml` that passes validation as it stands, once its programs are built.
 *
 * @throws {UsageError} `unknown-template`, with the known names; `wrong-name` when `name` is no legal host name.
 */
export function labTemplate(template: string, options: TemplateOptions = {}): string {
  const write = TEMPLATES.get(template);
  if (!write) throw new UsageError(`there is no template "${template}"`, { code: 'unknown-template', hint: suggestion(template, labTemplates) });
  const { name = template, provider = 'netns', schemaPath = './lab.schema.json', programsFolder = 'dist/programs' } = options;
  checkLabName(name);
  return write({ name, provider, schemaPath, programsFolder });
}

/** The reference practical: two machines on a NAT network, a TCP server and its client. */
function tp1({ name, provider, schemaPath, programsFolder }: FilledOptions): string {
  return `# yaml-language-server: $schema=${schemaPath}
# TP1, connected mode: a TCP server on vm1 and its client on vm2. "lab validate" checks this file, "lab up" starts the machines,
# "lab run" plays the scenario, "lab down" removes everything again.
version: 1
name: ${name}
provider: ${provider} # where machines come from: netns (on this host), qemu, incus, ssh (machines that run already)

networks:
  natnet: { subnet: 192.168.100.0/24, gateway: 192.168.100.1, nat: true } # short: natnet: 192.168.100.0/24

machines: # they know each other by name
  vm1: { image: ubuntu-24.04, user: ildvm1, interfaces: { eth0: { network: natnet, address: 192.168.100.4 } } }
  vm2: { image: ubuntu-24.04, user: ildvm2, interfaces: { eth0: { network: natnet, address: 192.168.100.5 } } }

programs:
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
`;
}

/** A path as a word of a list in brackets. */
function word(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}
