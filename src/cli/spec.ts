/** What shell completion offers for a word. */
export type Completion =
  | 'machine'
  | 'scenario'
  | 'program'
  | 'run'
  | 'provider'
  | 'shell'
  | 'template'
  | 'file'
  | 'machine-path'
  | 'language'
  | 'report-format'
  | 'graph-format';

/** A command as data: parsing, help, shell completion and the reference in README.md are all made from it. */
export interface CommandSpec {
  readonly name: string;
  readonly group: string;
  /** One line, in lower case, without a full stop. */
  readonly summary: string;
  /** What a reader of `lab COMMAND --help` learns beyond the summary, in whole sentences. */
  readonly details?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** Not shown: for other programs, not for people. */
  readonly hidden?: true;
}

export interface ArgumentSpec {
  /** In angle brackets when it is needed, in square brackets when not, with `...` when it may repeat, as commander writes it. */
  readonly syntax: string;
  readonly description: string;
  readonly completion?: Completion;
}

export interface OptionSpec {
  /** `-t, --tty` or `--on <machine>`, as commander writes it. */
  readonly flags: string;
  readonly description: string;
  readonly repeatable?: true;
  readonly completion?: Completion;
}

export interface Example {
  /** What is typed after `lab`. */
  readonly words: string;
  readonly does: string;
}

/** Options that every command has; they may stand before or after the command's name. */
export const globalOptions: readonly OptionSpec[] = [
  {
    flags: '-f, --file <path>',
    description: 'the lab file (default: lab.yaml here or in a folder above)',
    completion: 'file',
  },
  {
    flags: '--provider <name>',
    description: 'where machines come from, instead of what the lab file says',
    completion: 'provider',
  },
  { flags: '--name <name>', description: 'name of the lab, instead of what the lab file says' },
  { flags: '--json', description: 'one JSON document on standard output, with "schemaVersion": 1' },
  { flags: '-q, --quiet', description: 'no progress, only results, warnings and errors' },
  { flags: '-v, --verbose', description: 'more progress, and where an error came from' },
  { flags: '--no-color', description: 'no colours (also: NO_COLOR=1)' },
];

/** Headings of the help, in the order in which a beginner needs them. */
export const groups = {
  start: 'To start:',
  lab: 'The lab:',
  scenarios: 'Scenarios:',
  machines: 'By hand:',
  tools: 'Tools:',
} as const;

/** Of all commands that store a run. */
const maxOutput: OptionSpec = {
  flags: '--max-output <size>',
  description:
    'store at most that much for each program, its packets included: 64K, 100M, 1G (default: 16M); what it prints beyond is shown and matched all the same',
};

export const commandSpecs: readonly CommandSpec[] = [
  {
    name: 'init',
    group: groups.start,
    summary: 'write a commented lab.yaml to start from',
    details: 'It never replaces a file, unless --force says so.',
    options: [
      { flags: '--template <name>', description: 'what to start from (default: tp1)', completion: 'template' },
      { flags: '--force', description: 'replace a file that is there' },
    ],
    examples: [{ words: 'init --template tp1', does: 'start with the practical of two machines' }],
  },
  {
    name: 'validate',
    group: groups.start,
    summary: 'check lab.yaml and show every problem with its place',
    details: 'It exits 2 when there is a problem.',
    examples: [
      { words: 'validate', does: 'check the lab file here' },
      { words: '-f other.yaml validate --json', does: 'for an editor or a script' },
    ],
  },
  {
    name: 'doctor',
    group: groups.start,
    summary: 'what this host has and lacks for each provider, and how to get it',
    details:
      'It changes nothing, unless --fix is given. It exits 3 when the provider in use (of the lab file, or else netns) lacks something that it needs.',
    options: [
      {
        flags: '--fix',
        description:
          'get missing tools from the packages of Debian or Ubuntu into a folder of lab; nothing is installed on the host',
      },
    ],
    examples: [
      { words: 'doctor', does: 'look at all providers' },
      { words: 'doctor --fix', does: 'get the tools that are missing, without root' },
    ],
  },
  {
    name: 'up',
    group: groups.lab,
    summary: 'machines up, programs deployed, ports checked',
    details:
      'Twice is safe and fast: what runs and fits stays. When it fails or is interrupted, what it made is gone again.',
    options: [
      { flags: '--dry-run', description: 'only say what would be done' },
      { flags: '--recreate', description: 'take the machines down first' },
      { flags: '--offline', description: 'get nothing from the network, such as images of machines' },
      {
        flags: '--accept-new-host-keys',
        description:
          'learn SSH host keys that are not known yet, without asking; a changed one is an error all the same',
      },
    ],
    examples: [
      { words: 'up', does: 'bring the lab up' },
      { words: 'up --dry-run', does: 'see what it would do' },
      { words: 'up --recreate', does: 'after machines or networks changed in lab.yaml' },
    ],
  },
  {
    name: 'status',
    group: groups.lab,
    summary: 'machines, addresses, programs, what listens',
    examples: [{ words: 'status', does: 'look at the lab' }],
  },
  {
    name: 'graph',
    group: groups.lab,
    summary: 'the topology as a picture: text, SVG or Mermaid',
    details: 'Drawn from the lab file; nothing has to be up.',
    options: [
      { flags: '--format <format>', description: 'text, svg or mermaid (default: text)', completion: 'graph-format' },
      { flags: '-o, --output <path>', description: 'write it there', completion: 'file' },
    ],
    examples: [
      { words: 'graph', does: 'networks and machines as a tree' },
      { words: 'graph --format svg -o lab.svg', does: 'a picture for a document' },
    ],
  },
  {
    name: 'down',
    group: groups.lab,
    summary: 'remove all that this lab made',
    details:
      'It works without lab.yaml, from the .lab folder, and is safe when nothing exists. The runs stay, unless --purge says so.',
    options: [{ flags: '--purge', description: 'remove the whole .lab folder, with its runs and keys' }],
    examples: [{ words: 'down', does: 'machines and networks gone, runs kept' }],
  },
  {
    name: 'gc',
    group: groups.lab,
    summary: 'remove what dead labs left on this host',
    details:
      'A lab is dead when its .lab folder is gone or no longer knows it. It asks first; without a terminal it removes nothing unless --yes is given.',
    options: [{ flags: '-y, --yes', description: 'do not ask' }],
    examples: [{ words: 'gc', does: 'list what is left, ask, remove' }],
  },
  {
    name: 'check-port',
    group: groups.scenarios,
    summary: 'who holds a port, and what a server would get there, on every machine or those named',
    details:
      'It tries bind(2) as the account of the programs, for TCP and UDP, and exits 0 when the port is free everywhere, 1 when a server would not get it. --kill ends the processes that listen on it, or hold it for UDP (TERM, then KILL), after a question; where there is no terminal to ask on, --kill needs --yes. Clients of the port, sockets that do not listen and TIME_WAIT are explained, never ended.',
    arguments: [
      {
        syntax: '<port>',
        description: 'number of the port, 1 to 65535, for TCP and UDP; 7999/tcp or 7999/udp for one of them',
      },
    ],
    options: [
      {
        flags: '--on <machine>',
        description: 'only on this machine (may be given several times)',
        repeatable: true,
        completion: 'machine',
      },
      { flags: '--kill', description: 'end the processes that hold the port' },
      { flags: '-y, --yes', description: 'do not ask before --kill' },
    ],
    examples: [
      { words: 'check-port 7999', does: 'look on all machines' },
      { words: 'check-port 7999 --on vm1 --kill', does: 'free it on vm1' },
      { words: 'check-port 5353/udp', does: 'UDP only' },
    ],
  },
  {
    name: 'run',
    group: groups.scenarios,
    summary: 'play a scenario and relay its terminals live',
    details: 'Each run is stored in .lab/runs. It exits 0 when the scenario passed, 1 when a step failed.',
    arguments: [
      {
        syntax: '[scenario]',
        description: 'name of the scenario (may be left out when there is only one)',
        completion: 'scenario',
      },
    ],
    options: [
      {
        flags: '--repeat <times>',
        description: 'play it that many times and report the pass rate and the first failure',
      },
      {
        flags: '--as <role>',
        description:
          "you are this program's operator: its terminal is yours (Ctrl-] ends the run); joins a run that waits for this role",
        completion: 'program',
      },
      {
        flags: '--with <role>',
        description: 'with --as: wait until another terminal joins with --as and this role',
        repeatable: true,
        completion: 'program',
      },
      { flags: '--no-capture', description: 'do not capture the packets of the programs' },
      maxOutput,
    ],
    examples: [
      { words: 'run', does: 'play the only scenario' },
      { words: 'run tp1 --repeat 20', does: 'how often does it pass?' },
      { words: 'run tp1 --as client', does: 'type the lines of the client yourself; the server is scripted' },
      { words: 'run tp1 --as client --with server', does: 'in one terminal; then in another: lab run --as server' },
    ],
  },
  {
    name: 'record',
    group: groups.scenarios,
    summary: 'play all sides by hand, and get a scenario of it',
    details:
      'All programs of the lab are started, those that listen first; their terminals stand beside each other. The keyboard follows the side that waits for a line (Ctrl-O: the other side). It ends when all programs have ended, or with Ctrl-]. What you typed becomes "send" steps, what was shown proposed "expect" steps, to be looked at.',
    arguments: [{ syntax: '<name>', description: 'name of the new scenario' }],
    options: [
      { flags: '--write', description: 'add it to the lab file; all that stands there stays as it is' },
      maxOutput,
    ],
    examples: [
      { words: 'record hello', does: 'play, then see the scenario' },
      { words: 'record hello --write', does: 'then: lab run hello' },
    ],
  },
  {
    name: 'logs',
    group: groups.scenarios,
    summary: 'what the terminals of a run showed',
    arguments: [
      {
        syntax: '[run]',
        description: 'name of the run, or the start of it (default: the last one)',
        completion: 'run',
      },
    ],
    options: [
      { flags: '--role <role>', description: 'only the terminal of this program', completion: 'program' },
      { flags: '--tcp', description: 'what TCP did, as a diagram of its packets' },
      { flags: '--list', description: 'the runs that are stored, newest first' },
    ],
    examples: [
      { words: 'logs', does: 'the last run, both terminals in order' },
      { words: 'logs --tcp', does: 'handshake, data and close of its connections' },
      { words: 'logs --role server', does: "only the server's terminal" },
    ],
  },
  {
    name: 'replay',
    group: groups.scenarios,
    summary: 'play the terminals of a run again, side by side',
    details:
      'In real time, unless the run was too short to be followed: then it is slowed down; --speed 1 plays it as it was. Ctrl-C ends it. Where there is no terminal, the last picture is printed at once.',
    arguments: [
      {
        syntax: '[run]',
        description: 'name of the run, or the start of it (default: the last one)',
        completion: 'run',
      },
    ],
    options: [{ flags: '--speed <factor>', description: '2 is twice as fast, 0.5 half as fast' }],
    examples: [
      { words: 'replay', does: 'watch the last run' },
      { words: 'replay --speed 0.1', does: 'ten times slower than it was' },
    ],
  },
  {
    name: 'report',
    group: groups.scenarios,
    summary: 'a report of a run to hand in: lab, programs, port check, terminals, what TCP did',
    details:
      'One file that needs nothing else, written into the folder of the run. Author, group, course and language come from "report:" in the lab file; what was run comes from the run itself, so a report can be made at any time.',
    arguments: [
      {
        syntax: '[run]',
        description: 'name of the run, or the start of it (default: the last one)',
        completion: 'run',
      },
    ],
    options: [
      {
        flags: '--lang <language>',
        description: 'en or fr (default: what the lab file says, or en)',
        completion: 'language',
      },
      {
        flags: '--format <format>',
        description: 'html, md to go on writing, json, junit (default: html)',
        completion: 'report-format',
      },
      { flags: '-o, --output <path>', description: 'write it there; - is standard output', completion: 'file' },
    ],
    examples: [
      { words: 'report --lang fr', does: 'the compte rendu of the last run' },
      { words: 'report -o report.html', does: 'into this folder' },
      { words: 'report --format md -o report.md', does: 'the same to edit' },
      { words: 'report --format junit -o junit.xml', does: 'for a build server' },
    ],
  },
  {
    name: 'ssh',
    group: groups.machines,
    summary: 'a shell on a machine, or one command there',
    details:
      'All that follows the name of the machine is the command, as with ssh(1): the machine\'s shell reads it, and its exit status is ours. Options of lab stand before "ssh". Without a command it logs in; where standard input is no terminal, the shell reads that instead, to its end.',
    arguments: [
      { syntax: '<machine>', description: 'name of the machine', completion: 'machine' },
      { syntax: '[command...]', description: 'a command for the shell of the machine' },
    ],
    options: [{ flags: '-t, --tty', description: 'give the command a terminal, where you sit at one' }],
    examples: [
      { words: 'ssh vm1', does: 'log in' },
      { words: 'ssh vm1 sudo lsof -i :7999', does: 'one command' },
    ],
  },
  {
    name: 'exec',
    group: groups.machines,
    summary: 'run one command on several machines at once',
    details:
      'The command is run as it stands, by no shell. The exit status is that of the command; with several machines, the largest of them.',
    arguments: [
      { syntax: '[machine...]', description: 'names of the machines', completion: 'machine' },
      { syntax: '-- <command...>', description: 'the command and its arguments' },
    ],
    options: [{ flags: '--all', description: 'on all machines' }],
    examples: [
      { words: 'exec vm1 vm2 -- ip -brief address', does: 'the same question to two machines' },
      { words: "exec --all -- sh -c 'uptime; who'", does: 'a line of shell on all machines' },
    ],
  },
  {
    name: 'cp',
    group: groups.machines,
    summary: 'copy a file or a folder to, from or between machines',
    details:
      'A path on a machine is written machine:path; a relative one starts at the home folder. Into a folder that is there, or a path that ends in "/", the copy keeps its name. Folders are copied with what is in them; links are followed. Each file appears whole or not at all. What cannot be copied (unreadable, a device, a link that leads nowhere) is named with its reason, the rest is copied, and the exit status is 3; the same command again goes on with what is missing.',
    arguments: [
      { syntax: '<source>', description: 'path here, or machine:path', completion: 'machine-path' },
      { syntax: '<target>', description: 'path here, or machine:path', completion: 'machine-path' },
    ],
    examples: [
      { words: 'cp server.py vm1:', does: 'into the home folder' },
      { words: 'cp vm1:/var/log ./vm1-log', does: 'a folder to here' },
    ],
  },
  {
    name: 'capture',
    group: groups.machines,
    summary: 'capture the packets of a machine, for tcpdump or Wireshark',
    details:
      'The capture is a pcap file, as tcpdump and Wireshark read it. It goes on until Ctrl-C, or until its reader goes away. The filter is written as for tcpdump (pcap-filter(7)). The SSH connection that carries the capture is left out; without a filter, machines of qemu are captured without all SSH connections from this host. "lab run" captures by itself.',
    arguments: [
      { syntax: '<machine>', description: 'name of the machine', completion: 'machine' },
      { syntax: '[filter...]', description: 'which packets, for example: tcp port 7999 (default: all)' },
    ],
    options: [
      {
        flags: '-i, --interface <name>',
        description: 'interface, or any (default: the only one of the machine, or all of several)',
      },
      { flags: '-w, --write <file>', description: 'file to write (default: standard output)', completion: 'file' },
    ],
    examples: [
      { words: 'capture vm1 | wireshark -k -i -', does: 'look at the packets live' },
      { words: 'capture vm1 -i eth0 -w vm1.pcap tcp port 7999', does: 'to a file, only one port' },
    ],
  },
  {
    name: 'ssh-config',
    group: groups.machines,
    summary: 'configuration for ssh(1), scp(1), editors and other tools',
    examples: [{ words: 'ssh-config > lab.ssh && ssh -F lab.ssh vm1', does: "use OpenSSH's own client" }],
  },
  {
    name: 'console',
    group: groups.machines,
    summary: 'the serial console of a virtual machine: what it said, and a seat there',
    details:
      'It works while the machine starts, when SSH does not answer, and after a start that failed. On a terminal you are joined to it (Ctrl-] leaves); else it prints what was said.',
    arguments: [{ syntax: '<machine>', description: 'name of the machine', completion: 'machine' }],
    options: [
      { flags: '--log', description: 'only print what it said' },
      { flags: '--lines <number>', description: 'only the last lines of it' },
    ],
    examples: [
      { words: 'console vm1', does: 'sit down at it' },
      { words: 'console vm1 --log --lines 20', does: 'how did its start go?' },
    ],
  },
  {
    name: 'snapshot',
    group: groups.lab,
    summary: 'save, restore, list or remove states of all machines (provider qemu)',
    details:
      'A snapshot holds memory, devices and disks of all machines at one moment, and outlives "lab down". It fits only as long as lab.yaml and QEMU stay the same.',
    arguments: [
      { syntax: '<action>', description: 'save, restore, list or rm' },
      { syntax: '[snapshot]', description: 'name of the snapshot' },
    ],
    examples: [
      { words: 'snapshot save clean', does: 'keep the machines as they are now' },
      { words: 'snapshot restore clean', does: 'bring them back' },
      { words: 'snapshot list', does: 'which are there, and how large' },
    ],
  },
  {
    name: 'images',
    group: groups.tools,
    summary: 'pull, list, import or remove images of virtual machines (provider qemu)',
    details:
      '"lab up" gets what it needs by itself. A download goes on where it broke off, and its checksum is verified before it is used.',
    arguments: [
      { syntax: '<action>', description: 'pull, list, import or rm' },
      { syntax: '[image...]', description: 'names of images; for import, a file' },
    ],
    options: [
      { flags: '--as <name>', description: 'with import: the name that lab.yaml uses (default: that of the file)' },
      { flags: '--offline', description: 'with pull: only say whether it is there' },
    ],
    examples: [
      { words: 'images pull ubuntu-24.04', does: 'before a lesson without a network' },
      { words: 'images import my.qcow2 --as mine', does: 'then in lab.yaml: image: mine' },
    ],
  },
  {
    name: 'completion',
    group: groups.tools,
    summary: 'a script that teaches your shell to complete lab commands, machines and scenarios',
    arguments: [{ syntax: '<shell>', description: 'bash, zsh or fish', completion: 'shell' }],
    examples: [
      {
        words: 'completion bash > ~/.local/share/bash-completion/completions/lab',
        does: 'for bash, from the next shell on',
      },
      { words: 'completion fish > ~/.config/fish/completions/lab.fish', does: 'for fish' },
    ],
  },
  {
    name: 'schema',
    group: groups.tools,
    summary: 'the JSON Schema of lab.yaml, for editors',
    examples: [{ words: 'schema > lab.schema.json', does: 'an editor then completes and checks lab.yaml' }],
  },
  {
    name: 'proxy',
    group: groups.machines,
    summary: "standard input and output become a connection to the machine's sshd (for ProxyCommand of ssh_config(5))",
    arguments: [{ syntax: '<machine>', description: 'name of the machine', completion: 'machine' }],
    examples: [{ words: 'proxy vm1', does: 'what ssh-config prints' }],
    hidden: true,
  },
  {
    name: '__complete',
    group: groups.tools,
    summary: 'what may stand in place of the last word, for the scripts of "lab completion"',
    arguments: [{ syntax: '[word...]', description: 'what was typed after "lab"' }],
    examples: [{ words: '__complete -- ssh v', does: 'names of machines that begin with v' }],
    hidden: true,
  },
];

/** The names that a user may type. */
export function visibleCommands(): readonly CommandSpec[] {
  return commandSpecs.filter((spec) => !spec.hidden);
}
