import * as z from 'zod';
import { AGE, parseAge } from '../../core/text/amounts.ts';
import { languageNames } from '../../core/lab-description.ts';
import type { ListenPort } from '../../core/listen-port.ts';
import { say } from '../../core/language/say.ts';
import {
  busyPortChoices,
  encodingChoices,
  restartChoices,
  DEFAULT_OPEN_FILES,
  DEFAULT_PROCESSES,
  MIN_OPEN_FILES,
  MIN_PROCESSES,
  MOST_OPEN_FILES,
  MOST_RESTARTS,
  DEFAULT_PROVIDER,
  DEFAULT_USER,
  MOST_INSTANCES,
} from '../defaults.ts';
import { field, text } from './field.ts';
import { hostFolderRule } from './host-folder-rule.ts';
import { addresses, interfaces, links, networks, wayFields } from './network-fields.ts';
import { PACKAGE_NAME, packageRule } from './package-rule.ts';
import { parsePublished, PUBLISHED, publishRule } from './publish-rule.ts';
import {
  ageRule,
  ENVIRONMENT_NAME,
  environmentNameRule,
  FILE_LABEL,
  fileLabelRule,
  hostNameRule,
  machineNameRule,
  notEmptyRule,
  parseProgramPort,
  parseSizeMiB,
  PROGRAM_PORT,
  programNameRule,
  programPortRule,
  SIZE,
  sizeRule,
  sshHostRule,
  sshWordRule,
  USER_NAME,
  userNameRule,
  wordRule,
} from './rules.ts';
import { HOST_LABEL } from './text-rule.ts';
import { promptRule } from './prompt-rule.ts';
import { parsePattern } from '../pattern.ts';
import type { Pattern, WrittenPublication } from '../types.ts';

/**
 * The shape of `lab.yaml`, short forms included, for people (`describe`), editors (JSON Schema) and the validator.
 * What needs more than one field to be seen is in `checks/`.
 */

/** In MiB. */
const size = text(sizeRule, SIZE).transform((written) => parseSizeMiB(written)!);
export const port = z.int().min(1).max(65_535);
/** Numbers and `true`/`false` become the text that stands in the file. */
const word = z.union([text(wordRule), z.number(), z.boolean()]);
const command = z.array(word).min(1);

/** A port of a program: a number is of TCP, as `7999/tcp` is. */
const portForms = [
  port.transform((number): ListenPort => ({ protocol: 'tcp', port: number })),
  text(programPortRule, PROGRAM_PORT).transform((written) => parseProgramPort(written)!),
] as const;
export const programPort = z.union(portForms);

const publishedForms = [
  port.transform((number): WrittenPublication => ({ hostPort: number, port: number })),
  text(publishRule, PUBLISHED).transform((written) => parsePublished(written)!),
] as const;
/** Of one port; a list of them is `publish`. */
export const published = z.union(publishedForms);

const laterPort = z.strictObject({
  port: field(programPort, say`The port.`, 2121),
  later: field(z.boolean().optional(), say`\`true\`: it is opened only when the program needs it.`, true),
});

const sshAccess = z
  .strictObject({
    host: field(
      text(sshHostRule).optional(),
      say`Address or name, or an alias of \`~/.ssh/config\`. Default: the machine's name.`,
      '127.0.0.1',
    ),
    port: field(port.optional(), say`Port of its SSH server. Default: what \`ssh -G\` reports.`, 2201),
    user: field(
      text(sshWordRule).optional(),
      say`Account to log in as. Default: \`user\` of the machine if it is written, else what \`ssh -G\` reports.`,
      'ildvm1',
    ),
    key: field(
      text(notEmptyRule).optional(),
      say`Private key file. Default: what \`ssh -G\` reports.`,
      '~/.ssh/id_ed25519',
    ),
    install: field(
      z.boolean().optional(),
      [
        say`\`true\`: \`packages\` are installed on that machine and \`setup\` is run, by \`sudo\` without a password.`,
        say`\`lab down\` removes the packages that were not there before; what \`setup\` changed stays.`,
        say`Default: \`false\`.`,
      ],
      true,
    ),
  })
  .meta({
    description: say`How the machine is reached, for \`provider: ssh\`.`,
    examples: [{ host: '127.0.0.1', port: 2201, user: 'ildvm1' }],
  });

export const machine = z
  .strictObject({
    count: field(
      z.int().min(1).max(MOST_INSTANCES).optional(),
      [
        say`How many machines this stands for: \`c\` with \`count: 30\` is \`c-1\` to \`c-30\`.`,
        say`An address with \`+\` behind it counts up: \`192.168.100.10+\`; \`{n}\` is the number of the machine.`,
      ],
      30,
    ),
    image: field(
      text(notEmptyRule).optional(),
      [
        say`What a machine of provider qemu is made from: a name that \`lab images list\` shows, or the path of a file.`,
        say`Default: \`ubuntu-24.04\`.`,
        say`Machines of netns run the system of this host: their \`image\` is \`host\`.`,
        say`Those of ssh run what they ran before.`,
      ],
      'ubuntu-24.04',
    ),
    user: field(
      text(userNameRule, USER_NAME).optional(),
      say`The account that programs run as. Default: \`${DEFAULT_USER}\`.`,
      'ildvm1',
    ),
    address: field(
      addresses.optional(),
      [
        say`Short for one interface: \`interfaces: { eth0: ADDRESS }\`.`,
        say`Of a list, each network gets an interface: \`eth0\`, \`eth1\`, ….`,
        say`\`none\`: an interface without an address, at the one network that there is.`,
      ],
      '192.168.100.4',
    ),
    interfaces: field(interfaces, say`Network interfaces by name.`, {
      eth0: { network: 'natnet', address: '192.168.100.4' },
    }),
    ...wayFields,
    memory: field(
      size.optional(),
      say`Memory, in \`M\` or \`G\`. Default of netns: a fair share of the host's.`,
      '512M',
    ),
    cpus: field(z.int().min(1).max(1024).optional(), say`Number of processors.`, 1),
    disk: field(
      size.optional(),
      say`Size limit of the machine's own files, in \`M\`, \`G\` or \`T\`. Default of netns: 1G.`,
      '2G',
    ),
    processes: field(
      z.int().min(MIN_PROCESSES).max(1_000_000).optional(),
      say`Most processes and threads at a time. Default: ${DEFAULT_PROCESSES} with netns; with qemu its system decides.`,
      200,
    ),
    'open-files': field(
      z.int().min(MIN_OPEN_FILES).max(1_000_000).optional(),
      say`Most files and sockets that one process may have open. Default: ${DEFAULT_OPEN_FILES}, which a program may raise to ${MOST_OPEN_FILES}, with netns; with qemu its system decides.`,
      256,
    ),
    'file-size': field(size.optional(), say`Largest file that a program may write, in \`M\`, \`G\` or \`T\`.`, '100M'),
    sudo: field(
      z.boolean().optional(),
      [
        say`Whether \`user\` may become root there.`,
        say`\`false\`: neither the account nor its programs can gain more rights, whatever they run; only provider netns enforces that.`,
        say`Default: \`true\`.`,
      ],
      false,
    ),
    'host-folders': field(
      z.array(text(hostFolderRule)).optional(),
      [
        say`Folders of this host that it sees, read-only: \`/opt\`, \`/usr/local\`, or both; only with provider netns, whose machines run the programs of this host.`,
        say`Default: none of them, and the machine has folders of its own there.`,
      ],
      ['/usr/local'],
    ),
    packages: field(
      z.array(text(packageRule, PACKAGE_NAME)).optional(),
      [
        say`Packages of Debian or Ubuntu to install there, with what they depend on.`,
        say`lab downloads them by the lists of this host, so the machine needs no way out, and keeps the result for machines alike.`,
        say`Provider netns on a host with APT; others as \`setup\` does.`,
      ],
      ['traceroute', 'iperf3'],
    ),
    setup: field(
      z.array(command).optional(),
      [
        say`Commands that root runs there when \`lab up\` has made the machine, each once and in this order, before programs are sent.`,
        say`Each is a list of words; a shell has to be asked for: \`[sh, -c, "…"]\`.`,
      ],
      [['sysctl', '-w', 'net.ipv4.tcp_syncookies=0']],
    ),
    publish: field(
      z.union([...publishedForms, z.array(published)]).optional(),
      [
        say`TCP ports of the machine that this host has on its loopback, for a browser for example: \`8080:80\` is port 80 of the machine at \`http://127.0.0.1:8080/\`.`,
        say`A bare number is the same port on both sides; \`127.0.0.1:8080:80\` leaves out IPv6; of machines with a \`count\`, \`8080+:80\` counts up.`,
        say`No other host reaches them.`,
      ],
      ['8080:80'],
    ),
    ssh: sshAccess.optional(),
  })
  .meta({ description: say`A machine.`, examples: [{ user: 'ildvm1', address: '192.168.100.4' }] });

const outsideFile = z.strictObject({
  path: field(text(notEmptyRule), say`The file or folder, from the folder of \`lab.yaml\`.`, '../common.py'),
  outside: field(
    z.boolean().optional(),
    say`Whether it may lead out of the folder of \`lab.yaml\`. Default: \`false\`.`,
    true,
  ),
});

/** The long form of `build`. */
export const machineBuild = z.strictObject({
  on: field(
    z.string().optional(),
    [
      say`The machine of the program, where the command runs as its user, in the folder of the program, when the files have come; what it makes stays there.`,
      say`Default: that machine.`,
    ],
    'vm1',
  ),
  command: field(command, say`The command, word by word; no shell interprets it.`, ['make']),
});

export const program = z
  .strictObject({
    on: field(
      z.union([z.string(), z.array(z.string()).min(1)]),
      [
        say`Name of the machine that it runs on.`,
        say`A list, or a pattern such as \`c*\`, makes one program for each machine: \`client-1\`, \`client-2\`, ….`,
      ],
      'vm1',
    ),
    count: field(
      z.int().min(1).max(MOST_INSTANCES).optional(),
      [
        say`How many of it run on each machine: \`client\` with \`count: 3\` is \`client-1\` to \`client-3\`, each in a folder of its own.`,
        say`\`{n}\` in its command, environment, files and prompt is its number, \`{machine}\` its machine.`,
      ],
      3,
    ),
    command: field(command, say`The command, word by word; no shell interprets it.`, [
      'node',
      'server.js',
      '--port',
      7999,
    ]),
    files: field(
      z.array(z.union([text(notEmptyRule), outsideFile])).optional(),
      [
        say`Files and folders that are copied to the machine, side by side, into the folder that the program starts in; paths start at the folder of \`lab.yaml\`.`,
        say`A folder keeps its name and is copied with all that is in it.`,
        say`What leads out of the folder of \`lab.yaml\`, by its path or by a link, is copied only with \`{ path: ../common.py, outside: true }\`.`,
      ],
      ['server.py', 'www'],
    ),
    build: field(
      z.union([command, machineBuild]).optional(),
      [
        say`Command that makes the files, run on this host in the folder of \`lab.yaml\`, with all your rights.`,
        say`\`{ on: vm1, command: [make] }\`: run on the machine of the program instead; \`files\` are then its sources.`,
      ],
      ['make', 'server'],
    ),
    listens: field(
      z.union([...portForms, laterPort, z.array(z.union([...portForms, laterPort]))]).optional(),
      [
        say`Port that it listens on, or a list of ports; \`7999/udp\` is a port of UDP, any other one of TCP.`,
        say`\`{ port: 2121, later: true }\`: it opens that one only when it needs it; \`start\` does not wait for it.`,
      ],
      7999,
      ['7999/udp'],
    ),
    ports: field(
      z.enum(busyPortChoices).optional(),
      [
        say`When another process holds a port of \`listens\`: \`error\` stops, \`free\` ends that process.`,
        say`Default: \`error\`.`,
      ],
      'error',
    ),
    prompt: field(
      text(promptRule)
        .transform((written) => parsePattern(written) as Pattern)
        .optional(),
      [
        say`What it shows when it waits for a line: text, or \`/regular expression/\`.`,
        say`It counts where the output ends with it.`,
        say`Without it, what the machine shows decides: whether the program reads its keyboard.`,
      ],
      'server@vm1:7999$ ',
    ),
    encoding: field(
      z.enum(encodingChoices).optional(),
      [
        say`Encoding of what it prints and of what is typed: \`utf-8\` or \`latin1\` (ISO 8859-1).`,
        say`Default: \`utf-8\`.`,
      ],
      'latin1',
    ),
    env_file: field(
      z.union([text(notEmptyRule), outsideFile, z.array(z.union([text(notEmptyRule), outsideFile]))]).optional(),
      [
        say`File of \`NAME=value\` lines, or a list of them, whose variables it has, too; what \`env\` says counts before that.`,
      ],
      'client.env',
    ),
    env: field(z.record(text(environmentNameRule, ENVIRONMENT_NAME), word).optional(), say`Environment variables.`, {
      LANG: 'C.UTF-8',
    }),
  })
  .meta({
    description: say`A program: what is copied to a machine and started there.`,
    examples: [{ on: 'vm1', files: ['server.py'], command: ['python3', 'server.py'], listens: 7999 }],
  });

/** The long form of a parameter. */
const parameter = z
  .strictObject({
    default: field(
      z.union([z.string(), z.number(), z.boolean()]).optional(),
      say`Its value when none is given. Without it, \`lab run\` wants one.`,
      'World',
    ),
    description: field(z.string().optional(), say`What it is, for who runs the lab.`, say`who is greeted`),
  })
  .meta({ description: say`A parameter. Short form: its default.`, examples: [{ default: 'World' }] });

export const service = program
  .omit({ prompt: true, encoding: true })
  .extend({
    restart: field(
      z.enum(restartChoices).optional(),
      [
        say`When it has ended: \`no\` leaves it, \`on-failure\` starts it again unless it ended with exit code 0, \`always\` does in any case.`,
        say`lab waits longer before each start, and gives up after ${MOST_RESTARTS} in a row.`,
        say`Default: \`on-failure\`.`,
      ],
      'always',
    ),
  })
  .meta({
    description: say`A service: a program that \`lab up\` starts and keeps, until \`lab stop\` or \`lab down\`.`,
    examples: [{ on: 'vm1', files: ['web.py'], command: ['python3', 'web.py'], listens: 80 }],
  });

/** They are judged by the `scenario` room; here they only have to be a list. */
const steps = z
  .array(z.unknown().meta({ $ref: '#/$defs/step' }))
  .meta({
    description: say`Steps, played one after the other.`,
    minItems: 1,
    examples: [[{ start: 'server' }, { expect: { server: 'Listening' } }]],
  });

export const scenarioOptions = z
  .strictObject({
    steps,
    default: field(
      z.boolean().optional(),
      [
        say`Whether \`lab run\` without a name plays this one.`,
        say`Default: \`false\`; when no scenario says \`true\`, the first of the file is played.`,
      ],
      true,
    ),
  })
  .meta({
    description: say`A scenario with more than steps; one that has only steps is a list of them.`,
    examples: [{ default: true, steps: [{ start: 'server' }] }],
  });

const scenario = z.union([steps, scenarioOptions]);

const reportLine = text(notEmptyRule);

const report = z
  .strictObject({
    author: field(
      z.union([reportLine, z.array(reportLine)]).optional(),
      say`Who hands the report in: a name, or a list of names.`,
      ['Ada Lovelace', 'Alan Turing'],
    ),
    group: field(reportLine.optional(), say`Their group.`, 'G2'),
    course: field(reportLine.optional(), say`The course.`, say`Networks, year 1`),
    lang: field(
      z.enum(languageNames).optional(),
      say`Language of \`lab report\`: \`en\` or \`fr\`. Default: that of the messages, so of your locale.`,
      'fr',
    ),
  })
  .transform(({ author = [], lang, ...lines }) => ({ authors: [author].flat(), ...lines, language: lang }))
  .meta({
    description: say`What the heading of a report says.`,
    examples: [{ author: 'Ada Lovelace', group: 'G2', course: say`Networks, year 1`, lang: 'fr' }],
  });

const runs = z
  .strictObject({
    keep: field(z.int().min(1).max(1_000_000).optional(), say`So many of the newest runs stay.`, 20),
    older: field(
      text(ageRule, AGE)
        .transform((written) => parseAge(written)!)
        .optional(),
      say`Runs that are not older stay: \`12h\`, \`30d\`, \`2w\`.`,
      '30d',
    ),
  })
  .refine(({ keep, older }) => keep !== undefined || older !== undefined, {
    message: say`must say which runs are kept`,
    params: { hint: say`for example: runs: { keep: 20 }` },
  })
  .transform(({ keep, older }) => ({ keep, olderMs: older }))
  .meta({
    description: [
      say`Which runs \`lab run\` keeps when it ends, and \`lab runs prune\` without options.`,
      say`A run is removed when it is beyond the newest \`keep\` and \`older\`, as far as they are given; the newest run never is.`,
      say`Default: all are kept.`,
    ].join(' '),
    examples: [{ keep: 20, older: '30d' }],
  });

/**
 * The fields of a map that are right, as the validator reads them; the others are left out, as if they were not there.
 * `shape` holds the fields to read.
 */
export function rightFields<S extends Shape>(shape: S, given: Readonly<Record<string, unknown>>): RightFields<S> {
  const right = Object.entries(shape).flatMap(([name, schema]) => {
    const { data } = schema.safeParse(given[name]);
    return data === undefined ? [] : [[name, data] as const];
  });
  return Object.fromEntries(right) as RightFields<S>;
}

type Shape = Readonly<Record<string, z.ZodType>>;
export type RightFields<S extends Shape> = { readonly [K in keyof S]?: Exclude<z.output<S[K]>, undefined> | undefined };

/** The whole file. */
export const labFields = z
  .strictObject({
    version: field(z.literal(1), say`Version of this format: 1.`, 1),
    name: field(
      text(hostNameRule, HOST_LABEL).optional(),
      say`Name of the lab. Default: the name of the folder.`,
      'tp1',
    ),
    provider: field(
      z.string().optional(),
      say`Where machines come from. Default: \`${DEFAULT_PROVIDER}\`.`,
      DEFAULT_PROVIDER,
    ),
    include: field(
      z.union([text(notEmptyRule), z.array(z.union([text(notEmptyRule), outsideFile]))]).optional(),
      [
        say`Files that hold parts of this lab; their paths start at the folder of \`lab.yaml\`.`,
        say`Maps are joined field by field; where both say something, this file counts, then the later of the included ones.`,
      ],
      ['common.yaml'],
    ),
    params: field(
      z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), parameter])).nullish(),
      [
        say`Parameters by name, with their defaults: \`{name}\` in programs and steps stands for the value.`,
        say`\`lab run -p name=Ada\` gives another.`,
      ],
      { name: 'World' },
    ),
    networks: field(networks, say`Networks by name.`, { natnet: '192.168.100.0/24' }),
    links: field(
      links,
      say`Cables between two machines each, networks of their own. \`[r1, c-*]\` is one to each that the pattern means.`,
      [['r1', 'r2']],
    ),
    machines: field(
      z.record(text(machineNameRule, HOST_LABEL), machine.nullable()),
      say`Machines by name; they reach each other by these names.`,
      { vm1: { address: '192.168.100.4' } },
    ),
    programs: field(z.record(text(programNameRule, FILE_LABEL), program).nullish(), say`Programs by name.`, {
      server: { on: 'vm1', files: ['server.py'], command: ['python3', 'server.py'], listens: 7999 },
    }),
    services: field(
      z.record(text(programNameRule, FILE_LABEL), service).nullish(),
      say`Services by name: programs that \`lab up\` starts and keeps.`,
      { web: { on: 'vm1', files: ['web.py'], command: ['python3', 'web.py'], listens: 80 } },
    ),
    scenarios: field(
      z.record(text(fileLabelRule, FILE_LABEL), scenario).nullish(),
      say`Scenarios by name: what the programs are made to do, and what they must show.`,
      { hello: [{ start: 'server' }, { expect: { server: 'Listening' } }] },
    ),
    ssh: field(
      z.enum(['peers']).optional(),
      [
        say`\`peers\`: the accounts of the machines can \`ssh\` and \`scp\` to each other by name (only machines that lab makes).`,
        say`Default: no machine holds a key to another.`,
      ],
      'peers',
    ),
    capture: field(
      z.boolean().optional(),
      say`Whether each run captures the packets of its programs into \`capture.pcap\`. Default: \`true\`.`,
      false,
    ),
    report: report.optional(),
    runs: runs.optional(),
  })
  .describe(say`A lab: networks, machines, programs on them, and scenarios that play them.`);
