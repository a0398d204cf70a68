/* Written by "npm run reference" from the fields of lab.yaml: do not edit. */

/** A lab: networks, machines, programs on them, and scenarios that play them. */
export interface LabDefinition {
  /** Version of this format: 1. */
  readonly version: 1;
  /** Name of the lab. Default: the name of the folder. */
  readonly name?: string | undefined;
  /** Where machines come from. Default: `netns`. */
  readonly provider?: 'netns' | 'qemu' | 'ssh' | undefined;
  /**
   * Files that hold parts of this lab; their paths start at the folder of `lab.yaml`. Maps are joined field by
   * field; where both say something, this file counts, then the later of the included ones.
   */
  readonly include?:
    string | readonly (string | { readonly path: string; readonly outside?: boolean | undefined })[] | undefined;
  /**
   * Parameters by name, with their defaults: `{name}` in programs and steps stands for the value. `lab run -p
   * name=Ada` gives another.
   */
  readonly params?:
    | {
        readonly [name: string]:
          | string
          | number
          | boolean
          | { readonly default?: string | number | boolean | undefined; readonly description?: string | undefined };
      }
    | null
    | undefined;
  /** Networks by name. */
  readonly networks?: { readonly [name: string]: string | readonly string[] | NetworkDefinition } | null | undefined;
  /** Cables between two machines each, networks of their own. `[r1, c-*]` is one to each that the pattern means. */
  readonly links?:
    | readonly (
        | readonly string[]
        | {
            readonly between: readonly string[];
            readonly name?: string | undefined;
            readonly subnet?: string | readonly string[] | undefined;
            readonly subnet6?: string | undefined;
            readonly mtu?: number | undefined;
          }
      )[]
    | null
    | undefined;
  /** Machines by name; they reach each other by these names. */
  readonly machines: { readonly [name: string]: MachineDefinition | null };
  /** Programs by name. */
  readonly programs?: { readonly [name: string]: ProgramDefinition } | null | undefined;
  /** Services by name: programs that `lab up` starts and keeps. */
  readonly services?: { readonly [name: string]: ServiceDefinition } | null | undefined;
  /** Scenarios by name: what the programs are made to do, and what they must show. */
  readonly scenarios?: { readonly [name: string]: readonly Step[] | ScenarioDefinition } | null | undefined;
  /**
   * `peers`: the accounts of the machines can `ssh` and `scp` to each other by name (only machines that lab makes).
   * Default: no machine holds a key to another.
   */
  readonly ssh?: 'peers' | undefined;
  /** Whether each run captures the packets of its programs into `capture.pcap`. Default: `true`. */
  readonly capture?: boolean | undefined;
  /** What the heading of a report says. */
  readonly report?:
    | {
        readonly author?: string | readonly string[] | undefined;
        readonly group?: string | undefined;
        readonly course?: string | undefined;
        readonly lang?: 'en' | 'fr' | undefined;
      }
    | undefined;
  /**
   * Which runs `lab run` keeps when it ends, and `lab runs prune` without options. A run is removed when it is
   * beyond the newest `keep` and `older`, as far as they are given; the newest run never is. Default: all are kept.
   */
  readonly runs?: { readonly keep?: number | undefined; readonly older?: string | undefined } | undefined;
}

/** A scenario with more than steps; one that has only steps is a list of them. */
export interface ScenarioDefinition {
  /** Steps, played one after the other. */
  readonly steps: readonly Step[];
  /**
   * Whether `lab run` without a name plays this one. Default: `false`; when no scenario says `true`, the first of
   * the file is played.
   */
  readonly default?: boolean | undefined;
}

/** A service: a program that `lab up` starts and keeps, until `lab stop` or `lab down`. */
export interface ServiceDefinition {
  /**
   * Name of the machine that it runs on. A list, or a pattern such as `c*`, makes one program for each machine:
   * `client-1`, `client-2`, ….
   */
  readonly on: string | readonly string[];
  /**
   * How many of it run on each machine: `client` with `count: 3` is `client-1` to `client-3`, each in a folder of
   * its own. `{n}` in its command, environment, files and prompt is its number, `{machine}` its machine.
   */
  readonly count?: number | undefined;
  /** The command, word by word; no shell interprets it. */
  readonly command: readonly (string | number | boolean)[];
  /**
   * Files and folders that are copied to the machine, side by side, into the folder that the program starts in;
   * paths start at the folder of `lab.yaml`. A folder keeps its name and is copied with all that is in it. What
   * leads out of the folder of `lab.yaml`, by its path or by a link, is copied only with `{ path: ../common.py,
   * outside: true }`.
   */
  readonly files?: readonly (string | { readonly path: string; readonly outside?: boolean | undefined })[] | undefined;
  /**
   * Command that makes the files, run on this host in the folder of `lab.yaml`, with all your rights. `{ on: vm1,
   * command: [make] }`: run on the machine of the program instead; `files` are then its sources.
   */
  readonly build?:
    | readonly (string | number | boolean)[]
    | { readonly on?: string | undefined; readonly command: readonly (string | number | boolean)[] }
    | undefined;
  /**
   * Port that it listens on, or a list of ports; `7999/udp` is a port of UDP, any other one of TCP. `{ port: 2121,
   * later: true }`: it opens that one only when it needs it; `start` does not wait for it.
   */
  readonly listens?:
    | number
    | string
    | { readonly port: number | string; readonly later?: boolean | undefined }
    | readonly (number | string | { readonly port: number | string; readonly later?: boolean | undefined })[]
    | undefined;
  /** When another process holds a port of `listens`: `error` stops, `free` ends that process. Default: `error`. */
  readonly ports?: 'error' | 'free' | undefined;
  /** File of `NAME=value` lines, or a list of them, whose variables it has, too; what `env` says counts before that. */
  readonly env_file?:
    | string
    | { readonly path: string; readonly outside?: boolean | undefined }
    | readonly (string | { readonly path: string; readonly outside?: boolean | undefined })[]
    | undefined;
  /** Environment variables. */
  readonly env?: { readonly [name: string]: string | number | boolean } | undefined;
  /**
   * When it has ended: `no` leaves it, `on-failure` starts it again unless it ended with exit code 0, `always` does
   * in any case. lab waits longer before each start, and gives up after 5 in a row. Default: `on-failure`.
   */
  readonly restart?: 'on-failure' | 'no' | 'always' | undefined;
}

/** A program: what is copied to a machine and started there. */
export interface ProgramDefinition {
  /**
   * Name of the machine that it runs on. A list, or a pattern such as `c*`, makes one program for each machine:
   * `client-1`, `client-2`, ….
   */
  readonly on: string | readonly string[];
  /**
   * How many of it run on each machine: `client` with `count: 3` is `client-1` to `client-3`, each in a folder of
   * its own. `{n}` in its command, environment, files and prompt is its number, `{machine}` its machine.
   */
  readonly count?: number | undefined;
  /** The command, word by word; no shell interprets it. */
  readonly command: readonly (string | number | boolean)[];
  /**
   * Files and folders that are copied to the machine, side by side, into the folder that the program starts in;
   * paths start at the folder of `lab.yaml`. A folder keeps its name and is copied with all that is in it. What
   * leads out of the folder of `lab.yaml`, by its path or by a link, is copied only with `{ path: ../common.py,
   * outside: true }`.
   */
  readonly files?: readonly (string | { readonly path: string; readonly outside?: boolean | undefined })[] | undefined;
  /**
   * Command that makes the files, run on this host in the folder of `lab.yaml`, with all your rights. `{ on: vm1,
   * command: [make] }`: run on the machine of the program instead; `files` are then its sources.
   */
  readonly build?:
    | readonly (string | number | boolean)[]
    | { readonly on?: string | undefined; readonly command: readonly (string | number | boolean)[] }
    | undefined;
  /**
   * Port that it listens on, or a list of ports; `7999/udp` is a port of UDP, any other one of TCP. `{ port: 2121,
   * later: true }`: it opens that one only when it needs it; `start` does not wait for it.
   */
  readonly listens?:
    | number
    | string
    | { readonly port: number | string; readonly later?: boolean | undefined }
    | readonly (number | string | { readonly port: number | string; readonly later?: boolean | undefined })[]
    | undefined;
  /** When another process holds a port of `listens`: `error` stops, `free` ends that process. Default: `error`. */
  readonly ports?: 'error' | 'free' | undefined;
  /**
   * What it shows when it waits for a line: text, or `/regular expression/`. It counts where the output ends with
   * it. Without it, what the machine shows decides: whether the program reads its keyboard.
   */
  readonly prompt?: string | RegExp | undefined;
  /** Encoding of what it prints and of what is typed: `utf-8` or `latin1` (ISO 8859-1). Default: `utf-8`. */
  readonly encoding?: 'utf-8' | 'latin1' | undefined;
  /** File of `NAME=value` lines, or a list of them, whose variables it has, too; what `env` says counts before that. */
  readonly env_file?:
    | string
    | { readonly path: string; readonly outside?: boolean | undefined }
    | readonly (string | { readonly path: string; readonly outside?: boolean | undefined })[]
    | undefined;
  /** Environment variables. */
  readonly env?: { readonly [name: string]: string | number | boolean } | undefined;
}

/** A machine. */
export interface MachineDefinition {
  /**
   * How many machines this stands for: `c` with `count: 30` is `c-1` to `c-30`. An address with `+` behind it
   * counts up: `192.168.100.10+`; `{n}` is the number of the machine.
   */
  readonly count?: number | undefined;
  /**
   * What a machine of provider qemu is made from: a name that `lab images list` shows, or the path of a file.
   * Default: `ubuntu-24.04`. Machines of netns run the system of this host: their `image` is `host`. Those of ssh
   * run what they ran before.
   */
  readonly image?: string | undefined;
  /** The account that programs run as. Default: `student`. */
  readonly user?: string | undefined;
  /**
   * Short for one interface: `interfaces: { eth0: ADDRESS }`. Of a list, each network gets an interface: `eth0`,
   * `eth1`, …. `none`: an interface without an address, at the one network that there is.
   */
  readonly address?: string | readonly string[] | undefined;
  /** Network interfaces by name. */
  readonly interfaces?: { readonly [name: string]: string | readonly string[] | InterfaceDefinition } | undefined;
  /**
   * `true`: it is a router, and sends packets that are not for it on, of IPv4 and IPv6. A network whose gateway is
   * its address has it as gateway. Default: `false`.
   */
  readonly forward?: boolean | undefined;
  /**
   * Static routes, in addition to those to its own networks. `auto`: the shortest ways over the routers of the lab
   * to all its networks.
   */
  readonly routes?: 'auto' | readonly { readonly to: string; readonly via: string }[] | undefined;
  /**
   * Its default gateway. Default: that of its first network with one; a router takes no other router. `false`: no
   * default route.
   */
  readonly gateway?: string | false | undefined;
  /**
   * Settings of its kernel, as sysctl(8) names them. Machines of netns have those of their own network: `net.`, as
   * far as the kernel keeps them apart.
   */
  readonly sysctls?: { readonly [name: string]: string | number | boolean } | undefined;
  /** Memory, in `M` or `G`. Default of netns: a fair share of the host's. */
  readonly memory?: string | undefined;
  /** Number of processors. */
  readonly cpus?: number | undefined;
  /** Size limit of the machine's own files, in `M`, `G` or `T`. Default of netns: 1G. */
  readonly disk?: string | undefined;
  /** Most processes and threads at a time. Default: 512 with netns; with qemu its system decides. */
  readonly processes?: number | undefined;
  /**
   * Most files and sockets that one process may have open. Default: 1024, which a program may raise to 4096, with
   * netns; with qemu its system decides.
   */
  readonly 'open-files'?: number | undefined;
  /** Largest file that a program may write, in `M`, `G` or `T`. */
  readonly 'file-size'?: string | undefined;
  /**
   * Whether `user` may become root there. `false`: neither the account nor its programs can gain more rights,
   * whatever they run; only provider netns enforces that. Default: `true`.
   */
  readonly sudo?: boolean | undefined;
  /**
   * Folders of this host that it sees, read-only: `/opt`, `/usr/local`, or both; only with provider netns, whose
   * machines run the programs of this host. Default: none of them, and the machine has folders of its own there.
   */
  readonly 'host-folders'?: readonly string[] | undefined;
  /**
   * Packages of Debian or Ubuntu to install there, with what they depend on. lab downloads them by the lists of
   * this host, so the machine needs no way out, and keeps the result for machines alike. Provider netns on a host
   * with APT; others as `setup` does.
   */
  readonly packages?: readonly string[] | undefined;
  /**
   * Commands that root runs there when `lab up` has made the machine, each once and in this order, before programs
   * are sent. Each is a list of words; a shell has to be asked for: `[sh, -c, "…"]`.
   */
  readonly setup?: readonly (readonly (string | number | boolean)[])[] | undefined;
  /**
   * TCP ports of the machine that this host has on its loopback, for a browser for example: `8080:80` is port 80 of
   * the machine at `http://127.0.0.1:8080/`. A bare number is the same port on both sides; `127.0.0.1:8080:80`
   * leaves out IPv6; of machines with a `count`, `8080+:80` counts up. No other host reaches them.
   */
  readonly publish?: number | string | readonly (number | string)[] | undefined;
  /** How the machine is reached, for `provider: ssh`. */
  readonly ssh?:
    | {
        readonly host?: string | undefined;
        readonly port?: number | undefined;
        readonly user?: string | undefined;
        readonly key?: string | undefined;
        readonly install?: boolean | undefined;
      }
    | undefined;
}

/** A network interface. Short form: `eth0: 192.168.100.4`. */
export interface InterfaceDefinition {
  /** Name of a network. Default: the one network whose subnet holds the address. */
  readonly network?: string | undefined;
  /**
   * The machine's address on that network, or a list of one of IPv4 and one of IPv6. Left out, or `none`: it has
   * none, and may ask for one (DHCP).
   */
  readonly address?: string | readonly string[] | undefined;
  /** Its IPv6 address on that network. */
  readonly address6?: string | undefined;
  /** Its MAC address. Default: one that is the same at each `lab up`. */
  readonly mac?: string | undefined;
  /** The largest packet that it sends, in bytes. Default: that of the network. */
  readonly mtu?: number | undefined;
}

/** A network. Short form: `natnet: 192.168.100.0/24`, with a gateway (the first address) and NAT. */
export interface NetworkDefinition {
  /** The addresses of the network, in CIDR notation: a subnet of IPv4 or IPv6, or a list of one of each. */
  readonly subnet?: string | readonly string[] | undefined;
  /** The IPv6 addresses of the network, from `/48` to `/127`. */
  readonly subnet6?: string | undefined;
  /**
   * The network's own address, or that of a machine with `forward: true`, which is the gateway then. Default: the
   * first of the subnet; none in a subnet of two addresses (`/31`). `false`: no gateway.
   */
  readonly gateway?: string | false | undefined;
  /**
   * The same for IPv6. Default: the first address of `subnet6`, or that of the machine that is the gateway for
   * IPv4; none in a `/127`.
   */
  readonly gateway6?: string | false | undefined;
  /**
   * Whether machines reach the outside through the gateway. Default: `true`, if there is a gateway and it is no
   * machine. `{ private: true }`: private addresses around this host, too, but never the host itself.
   */
  readonly nat?: boolean | { readonly private: boolean } | undefined;
  /**
   * Whether machines reach the outside by IPv6, too, where this host does; their addresses are translated as for
   * IPv4 (NAT66). Default: `false`.
   */
  readonly nat6?: boolean | undefined;
  /**
   * Whether the gateway announces itself and the prefix of `subnet6`, a `/64`: machines without an IPv6 address
   * then give themselves one. Default: `false`.
   */
  readonly 'router-advertisement'?: boolean | undefined;
  /** The largest packet that it carries, in bytes. Default: 1500. */
  readonly mtu?: number | undefined;
  /**
   * Names that machines of this network know in addition to those of machines: each a machine or an address, or a
   * list of them.
   */
  readonly dns?: { readonly [name: string]: string | readonly string[] } | undefined;
}

/** One step of a scenario. */
export type Step =
  | StartStep
  | SendStep
  | PressStep
  | ExpectStep
  | AllStep
  | AnyStep
  | NotStep
  | ExitStep
  | CloseStep
  | SignalStep
  | WaitStep
  | RunStep
  | TcpStep
  | UdpStep;

/** The step `start`. */
export interface StartStep {
  /** Checks its port, starts a program, and waits until it listens (if it has `listens`) or shows its prompt. */
  readonly start:
    | string
    | readonly string[]
    | { readonly program: string | readonly string[]; readonly timeout?: string | undefined };
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `send`. */
export interface SendStep {
  /** Waits until the program asks for a line, then types it (a terminal takes at most 4095 bytes). */
  readonly send: { readonly [name: string]: string };
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `press`. */
export interface PressStep {
  /**
   * Waits until the program takes keys, then presses them, without Enter: names (`Up`, `Down`, `Left`, `Right`,
   * `Home`, `End`, `PageUp`, `PageDown`, `Tab`, `Enter`, `Esc`, `Space`, `Backspace`, `Delete`, `Insert`, `F1` to
   * `F12`, also with `Ctrl-`, `Alt-`, `Shift-`) and texts.
   */
  readonly press: { readonly [name: string]: string | readonly string[] };
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `expect`. */
export interface ExpectStep {
  /**
   * Waits until a program shows this text or pattern; of a program that draws on its screen (curses), until it
   * stands there.
   */
  readonly expect: { readonly [name: string]: string | RegExp };
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `all`. */
export interface AllStep {
  /**
   * Waits until all of these have shown, in any order. Each is looked for from where the last step stopped reading;
   * the same text twice has to show twice. Then all is used up to the end of the last one.
   */
  readonly all: readonly { readonly expect: { readonly [name: string]: string | RegExp } }[];
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `any`. */
export interface AnyStep {
  /**
   * Waits until one of these has shown, whichever comes first; of several that are there, the first of the list
   * counts. What was read for the others is not used up: later steps still find it.
   */
  readonly any: readonly { readonly expect: { readonly [name: string]: string | RegExp } }[];
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `not`. */
export interface NotStep {
  /**
   * Fails when one of these shows within the time that `for` says (default 1s): the step takes that long. What came
   * before the step and no step has used up counts, too. Nothing is used up.
   */
  readonly not: { readonly expect: { readonly [name: string]: string | RegExp }; readonly for?: string | undefined };
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `exit`. */
export interface ExitStep {
  /** Waits until programs end, with this exit status or signal. */
  readonly exit: { readonly [name: string]: number | string };
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `close`. */
export interface CloseStep {
  /** Ends the input of a program (Ctrl-D). */
  readonly close: string | readonly string[];
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `signal`. */
export interface SignalStep {
  /** Sends a signal. */
  readonly signal: { readonly [name: string]: string };
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `wait`. */
export interface WaitStep {
  /** Waits for a time, until a program listens, or until it shows its prompt. */
  readonly wait: string | { readonly listens: string } | { readonly prompt: string };
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `run`. */
export interface RunStep {
  /**
   * Runs a command on a machine, in the home folder, or with `program: NAME` in the folder of that program; it must
   * end with `status` (default 0) and print `output`.
   */
  readonly run:
    | {
        readonly on: string;
        readonly command: readonly (string | number)[];
        readonly status?: number | string | undefined;
        readonly output?: string | RegExp | undefined;
        readonly timeout?: string | undefined;
      }
    | {
        readonly program: string;
        readonly command: readonly (string | number)[];
        readonly status?: number | string | undefined;
        readonly output?: string | RegExp | undefined;
        readonly timeout?: string | undefined;
      }
    | { readonly [name: string]: readonly (string | number)[] };
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `tcp`. */
export interface TcpStep {
  /**
   * Checks in the captured packets what TCP did so far: handshakes, how connections were closed, retransmissions,
   * windows of 0 bytes, the text that they carried.
   */
  readonly tcp: {
    readonly port?: number | undefined;
    readonly connections?: number | undefined;
    readonly handshake?: boolean | undefined;
    readonly close?:
      | { readonly by?: 'client' | 'server' | 'both' | undefined; readonly kind?: 'fin' | 'rst' | 'open' | undefined }
      | undefined;
    readonly reset?: 'none' | 'any' | 'client' | 'server' | undefined;
    readonly retransmissions?: number | 'some' | undefined;
    readonly 'zero-windows'?: number | 'some' | undefined;
    readonly payload?:
      { readonly client?: string | RegExp | undefined; readonly server?: string | RegExp | undefined } | undefined;
    readonly timeout?: string | undefined;
  };
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}

/** The step `udp`. */
export interface UdpStep {
  /**
   * Checks in the captured packets what UDP did so far: how many datagrams were sent, answered, lost, duplicated or
   * cut in fragments, which ones ICMP reported as undeliverable, the text that they carried.
   */
  readonly udp: {
    readonly port?: number | undefined;
    readonly from?: string | undefined;
    readonly datagrams?:
      { readonly client?: number | string | undefined; readonly server?: number | string | undefined } | undefined;
    readonly answered?: number | string | undefined;
    readonly lost?: number | string | undefined;
    readonly duplicated?: number | string | undefined;
    readonly reordered?: number | string | undefined;
    readonly fragmented?: number | string | undefined;
    readonly unreachable?: number | string | undefined;
    readonly payload?:
      { readonly client?: string | RegExp | undefined; readonly server?: string | RegExp | undefined } | undefined;
    readonly timeout?: string | undefined;
  };
  /** Time limit of this step. */
  readonly timeout?: string | undefined;
}
