import { listenPort } from '../../src/core/listen-port.ts';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { findOnHost } from '../../src/host/tools.ts';
import { otherNames, programHint } from '../../src/scenario/advice/program-hints.ts';
import { Transcript } from '../../src/terminal/transcript.ts';

/** One program that is really run, and what its last words advise. */
interface Row {
  readonly title: string;
  /** Its files, by name. */
  readonly sent?: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** Names in the lab's folder that are not among its files. */
  readonly unsent?: readonly string[];
  readonly listens?: readonly number[];
  readonly hasSudo?: boolean;
  readonly advises: object | undefined;
}

/** Python of the system: others may run it, too. */
const PYTHON = '/usr/bin/python3';
const NOBODY = 65_534;

/** Runs it as an ordinary user where we are root, its output as a terminal shows it. */
function ran({ sent = {}, command, unsent = [], listens = [], hasSudo = true }: Row): object | undefined {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'lab-hints-'));
  chmodSync(folder.path, 0o755);
  for (const [name, content] of Object.entries(sent)) {
    const path = join(folder.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: name.endsWith('.sh') ? 0o755 : 0o644 });
  }
  const asUser = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const { status, stdout } = spawnSync('sh', ['-c', 'exec "$0" "$@" 2>&1', ...command], {
    cwd: folder.path,
    encoding: 'utf8',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' },
    ...asUser,
  });
  const transcript = new Transcript({ columns: 120 });
  transcript.write(stdout.replaceAll('\n', '\r\n'));
  return programHint({
    program: {
      name: 'server',
      command,
      files: Object.keys(sent).map((name) => join(folder.path, name)),
      listens: listens.map(listenPort),
    },
    machine: 'vm1',
    status: { exitCode: status ?? undefined },
    lines: transcript.text.trimEnd().split('\n').slice(-40),
    hasSudo,
    find: (name) => unsent.find((path) => path.split('/').at(-1) === name),
  });
}

const python = (module: string): object => ({ kind: 'module-missing', language: 'python', machine: 'vm1', module });

const bind = (port: number): string => `import socket\nsocket.socket().bind(("", ${port}))\n`;

const rows: readonly Row[] = [
  {
    title: 'Python: a module that is not there',
    sent: { 'a.py': 'print("pret")\nimport lab_no_such.sub\n' },
    command: [PYTHON, 'a.py'],
    advises: python('lab_no_such'),
  },
  {
    title: 'Python: a module of the user that is not sent',
    sent: { 'a.py': 'def f():\n  from helper import x\nf()\n' },
    command: [PYTHON, 'a.py'],
    unsent: ['src/helper.py'],
    advises: { kind: 'file-unsent', role: 'server', file: 'src/helper.py' },
  },
  {
    title: 'Python: a package of the user that is not sent',
    sent: { 'a.py': 'import tools.net\n' },
    command: [PYTHON, 'a.py'],
    unsent: ['tools'],
    advises: { kind: 'file-unsent', role: 'server', file: 'tools' },
  },
  {
    title: 'Python: the program itself is not sent',
    command: [PYTHON, 'server.py'],
    unsent: ['server.py'],
    advises: { kind: 'file-unsent', role: 'server', file: 'server.py' },
  },
  { title: 'Python: a program that is nowhere', command: [PYTHON, 'server.py'], advises: undefined },
  {
    title: 'Python: an import error that the program got over is not its end',
    sent: {
      'a.py':
        'import sys, traceback\ntry:\n  import lab_no_such\nexcept ImportError:\n  traceback.print_exc()\n' +
        'print("sans")\nsys.exit(3)\n',
    },
    command: [PYTHON, 'a.py'],
    advises: undefined,
  },
  {
    title: 'Python: what it says about modules in good health',
    sent: { 'a.py': 'print("ModuleNotFoundError: No module named \'x\'")\n' },
    command: [PYTHON, 'a.py'],
    advises: undefined,
  },
  {
    title: 'Python: port 80',
    sent: { 'a.py': bind(80) },
    command: [PYTHON, 'a.py'],
    listens: [80],
    advises: { kind: 'low-port', port: 80, command: PYTHON },
  },
  {
    title: 'Python: port 443 where nobody may become root',
    sent: { 'a.py': bind(443) },
    command: [PYTHON, 'a.py'],
    listens: [8080, 443],
    hasSudo: false,
    advises: { kind: 'low-port', port: 443 },
  },
  {
    title: 'Python: a file that it may not open is no port',
    sent: { 'a.py': 'open("/etc/shadow")\n' },
    command: [PYTHON, 'a.py'],
    listens: [80],
    advises: undefined,
  },
  {
    title: 'Python: asyncio on port 80',
    sent: {
      'a.py': 'import asyncio\nasync def m():\n  await asyncio.start_server(print, "0.0.0.0", 80)\nasyncio.run(m())\n',
    },
    command: [PYTHON, 'a.py'],
    listens: [80],
    advises: { kind: 'low-port', port: 80, command: PYTHON },
  },
  {
    title: 'Python 2: print without parentheses',
    sent: { 'a.py': 'import socket\nprint "pret"\n' },
    command: [PYTHON, 'a.py'],
    advises: { kind: 'python-2' },
  },
  {
    title: 'Python 2: raw_input',
    sent: { 'a.py': 'm = raw_input("> ")\n' },
    command: [PYTHON, 'a.py'],
    advises: { kind: 'python-2' },
  },
  {
    title: 'Python: a name of its own that is not defined',
    sent: { 'a.py': 'm = row_input("> ")\n' },
    command: [PYTHON, 'a.py'],
    advises: undefined,
  },
  {
    title: 'Node: a module that is not there (require)',
    sent: { 'a.js': 'console.log("pret");\nrequire("lab-no-such/sub");\n' },
    command: ['node', 'a.js'],
    advises: { kind: 'module-missing', language: 'node', machine: 'vm1', module: 'lab-no-such/sub' },
  },
  {
    title: 'Node: a module that is not there (import)',
    sent: { 'a.mjs': 'import x from "lab-no-such";\n' },
    command: ['node', 'a.mjs'],
    advises: { kind: 'module-missing', language: 'node', machine: 'vm1', module: 'lab-no-such' },
  },
  {
    title: 'Node: a file of the user that is not sent (require)',
    sent: { 'a.js': 'require("./lib/talk");\n' },
    command: ['node', 'a.js'],
    unsent: ['lib/talk.js'],
    advises: { kind: 'file-unsent', role: 'server', file: 'lib/talk.js' },
  },
  {
    title: 'Node: a file of the user that is not sent (import)',
    sent: { 'a.mjs': 'import "./talk.mjs";\n' },
    command: ['node', 'a.mjs'],
    unsent: ['talk.mjs'],
    advises: { kind: 'file-unsent', role: 'server', file: 'talk.mjs' },
  },
  {
    title: 'Node: port 80, though the lab file does not say so',
    sent: { 'a.js': 'require("net").createServer().listen(80, "0.0.0.0");\n' },
    command: ['node', 'a.js'],
    advises: { kind: 'low-port', port: 80, command: 'node' },
  },
  {
    title: 'Perl: a module that is not there',
    sent: { 'a.pl': 'use strict;\nuse Lab::NoSuch;\n' },
    command: ['perl', 'a.pl'],
    advises: { kind: 'module-missing', language: 'perl', machine: 'vm1', module: 'Lab::NoSuch' },
  },
  {
    title: 'Perl: a module of the user that is not sent',
    sent: { 'a.pl': 'use lib "."; use Talk;\n' },
    command: ['perl', 'a.pl'],
    unsent: ['Talk.pm'],
    advises: { kind: 'file-unsent', role: 'server', file: 'Talk.pm' },
  },
  {
    title: 'Perl: port 80',
    sent: {
      'a.pl':
        'use Socket; socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(80, INADDR_ANY)) or die "bind: $!";\n',
    },
    command: ['perl', 'a.pl'],
    listens: [80],
    advises: { kind: 'low-port', port: 80, command: 'perl' },
  },
  {
    title: 'Java: a class that is not there',
    command: ['java', 'Server', '7999'],
    advises: { kind: 'class-missing', role: 'server', name: 'Server' },
  },
  {
    title: 'Java: port 80',
    sent: {
      'A.java':
        'public class A { public static void main(String[] a) throws Exception { new java.net.ServerSocket(80); } }',
    },
    command: ['java', 'A.java'],
    listens: [80],
    advises: { kind: 'low-port', port: 80, command: 'java' },
  },
  {
    title: 'Java: a window',
    sent: { 'A.java': 'public class A { public static void main(String[] a) { new java.awt.Frame("x"); } }' },
    command: ['java', 'A.java'],
    advises: { kind: 'no-display' },
  },
  {
    title: 'Bash: a script with Windows line ends that it reads',
    sent: { 'a.sh': 'read nom\r\necho $nom\r\nexit 1\r\n' },
    command: ['bash', 'a.sh'],
    advises: { kind: 'windows-line-ends', file: 'a.sh' },
  },
  {
    title: 'a script with Windows line ends whose interpreter env looks for',
    sent: { 'a.sh': '#!/usr/bin/env bash\r\ntrue\r\n' },
    command: ['./a.sh'],
    advises: { kind: 'windows-line-ends', file: 'a.sh' },
  },
  {
    title: 'Bash: a command that is not there is no line end',
    sent: { 'a.sh': 'lab-no-such-command\n' },
    command: ['bash', 'a.sh'],
    advises: undefined,
  },
  {
    title: 'a program that may not be executed',
    sent: { 'a.py': '#!/usr/bin/python3\n' },
    command: ['./a.py'],
    advises: { kind: 'not-executable', file: 'a.py' },
  },
  {
    title: 'a script whose interpreter env does not find',
    sent: { 'a.sh': '#!/usr/bin/env lab-no-such-ruby\nputs 1\n' },
    command: ['./a.sh'],
    advises: { kind: 'first-line', machine: 'vm1', file: 'a.sh', interpreter: 'lab-no-such-ruby' },
  },
  {
    title: 'a script whose interpreter is not at its path',
    sent: { 'a.sh': '#!/usr/local/bin/lab-no-such-ksh\necho 1\n' },
    command: ['./a.sh'],
    advises: { kind: 'first-line', machine: 'vm1', file: 'a.sh' },
  },
  {
    title: 'a script that runs a command that is not there',
    sent: { 'a.sh': '#!/bin/sh\nlab-no-such-command\n' },
    command: ['./a.sh'],
    advises: undefined,
  },
  {
    title: 'a shell script that is not sent',
    command: ['bash', 'talk.sh'],
    unsent: ['talk.sh'],
    advises: { kind: 'file-unsent', role: 'server', file: 'talk.sh' },
  },
];

describe('the last words of a program that ended', () => {
  for (const row of rows) {
    const tool = row.command[0]!;
    const isThere = tool.startsWith('/') ? existsSync(tool) : tool.startsWith('.') || findOnHost(tool) !== undefined;
    test(row.title, { skip: isThere ? false : `this host has no ${tool}` }, () => {
      assert.deepEqual(ran(row), row.advises);
    });
  }

  /** As Debian's python3-tk and pygame say it; they are on few hosts. */
  const displays = [
    '_tkinter.TclError: no display name and no $DISPLAY environment variable',
    '_tkinter.TclError: couldn\'t connect to display ":0"',
    'pygame.error: No available video device',
    'qt.qpa.xcb: could not connect to display',
    'Unable to init server: Could not connect: Connection refused\nGtk-WARNING **: cannot open display: ',
  ];
  for (const words of displays) {
    test(`no display: ${words.split('\n').at(-1)}`, () => {
      const lines = ['Traceback (most recent call last):', '  File "a.py", line 2, in <module>', ...words.split('\n')];
      const program = { name: 'client', command: ['python3', 'a.py'], files: [], listens: [] };
      const ended = { program, machine: 'vm1', status: { exitCode: 1 }, hasSudo: true, find: () => undefined };
      assert.deepEqual(programHint({ ...ended, lines }), { kind: 'no-display' });
      assert.equal(programHint({ ...ended, lines, status: { exitCode: 0 } }), undefined, 'it ended well');
      assert.equal(programHint({ ...ended, lines: [...lines, 'Bonjour', 'erreur 12'] }), undefined, 'it went on');
    });
  }
});

function otherNamesOf(command: string, exitCode = 127): string[] {
  return otherNames({ program: { name: 'p', command: [command], files: [], listens: [] }, status: { exitCode } });
}

test('a command that was not found has other names only when it is an interpreter or a compiler', () => {
  assert.deepEqual(otherNamesOf('python'), ['python3']);
  assert.deepEqual(otherNamesOf('python2.7'), ['python3', 'python']);
  assert.deepEqual(otherNamesOf('python3.12'), ['python3', 'python']);
  assert.deepEqual(otherNamesOf('nodejs'), ['node']);
  assert.deepEqual(otherNamesOf('./python'), []);
  assert.deepEqual(otherNamesOf('netcat'), []);
  assert.deepEqual(otherNamesOf('python', 1), []);
});
