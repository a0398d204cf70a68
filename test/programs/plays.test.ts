import assert from 'node:assert/strict';
import { ssh } from '../../src/commands/machines/ssh.ts';
import { assertPassed, testSets } from '../helpers/program-sets.ts';

await testSets('programs as people really write them play at once', [
  { folder: 'sets/01-py-input', title: 'input() without a prompt', scenarios: ['tp1'] },
  { folder: 'sets/05-py-chat-threads', title: 'a chat of three, with threads' },
  { folder: 'sets/06-py-select', title: 'select() on the keyboard and the socket' },
  { folder: 'sets/07-py-socketserver', title: 'socketserver, ended by Ctrl-C' },
  { folder: 'sets/08-py-asyncio', title: 'asyncio, with input() in a thread' },
  { folder: 'sets/11-py-colour', title: 'coloured prompts by readline' },
  { folder: 'sets/12-py-curses', title: 'curses, matched on its screen' },
  { folder: 'variants/curses-menu', title: 'a menu that is walked by the arrow keys' },
  { folder: 'variants/bash-single-key', title: 'single keys, in Bash' },
  { folder: 'variants/perl-full-screen', title: 'a full screen that is painted out of order' },
  { folder: 'variants/perl-daemon', title: 'a server in the background, whose port is there before its parent ends' },
  { folder: 'sets/12-py-curses', file: 'lab-noprompt.yaml', title: 'curses, without a prompt' },
  { folder: 'sets/13-py-menu-clear', title: 'a menu that clears the screen' },
  { folder: 'sets/14-c-fork-make', title: 'C with fork() and make', needs: ['cc', 'make'] },
  {
    folder: 'sets/14-c-fork-make',
    title: 'the same, its server built on its machine',
    needs: ['cc', 'make'],
    replace: [
      [
        'build: [make, serveur], files: [serveur]',
        'build: { on: vm1, command: [make, serveur] }, files: [serveur.c, commun.c, commun.h, Makefile]',
      ],
    ],
  },
  {
    folder: 'variants/c-gets-warning',
    title: 'C that its compiler warns of: the warning is shown, and kept in the report',
    needs: ['cc'],
    async check(played) {
      assertPassed(played);
      assert.match(played.warnings, /the build of client succeeded, and said:/);
      assert.match(played.warnings, /`gets' function is dangerous/);
      assert.match(await played.report('json'), /`gets' function is dangerous/);
    },
  },
  { folder: 'sets/16-java-package', title: 'Java in a package', needs: ['javac'] },
  { folder: 'sets/17-java-source', title: 'Java run from its source', needs: ['javac'] },
  { folder: 'sets/18-go', title: 'Go', needs: ['go'] },
  { folder: 'sets/19-rust', title: 'Rust', needs: ['rustc'] },
  { folder: 'sets/20-node', title: 'Node with readline' },
  { folder: 'sets/21-nc', title: 'nc and telnet', scenarios: ['nc', 'telnet'], needs: ['nc', 'telnet'] },
  { folder: 'sets/22-perl', title: 'Perl' },
  { folder: 'sets/23-php', title: 'PHP', needs: ['php'] },
  { folder: 'sets/24-udp', title: 'UDP' },
  { folder: 'sets/25-udp-broadcast', title: 'UDP to all, by both addresses', scenarios: ['dirige', 'limite'] },
  { folder: 'sets/26-two-ports', file: 'lab-one.yaml', title: 'a second port that opens and closes' },
  { folder: 'sets/28-py-ask-port', file: 'lab-nolistens.yaml', title: 'a port that is typed on the keyboard' },
  { folder: 'sets/36-http', title: 'HTTP, with a folder of pages', needs: ['curl'] },
  { folder: 'sets/36-http', file: 'lab-build.yaml', title: 'the same with a build', needs: ['curl'] },
  { folder: 'sets/53-port-80', file: 'lab-sudo.yaml', title: 'port 80 by sudo', needs: ['sudo'] },
  {
    folder: 'sets/69-same-names',
    file: 'lab-folders.yaml',
    title: 'two folders with files of one name',
    async check(_played, { context }) {
      const command = ['cat', 'lab/s69/serveur/a/util.py', 'lab/s69/serveur/b/util.py'];
      const { stdout, status } = await ssh(context, { machine: 'vm1', command, tty: false, collect: true });
      assert.deepEqual([stdout, status], ['X=1\nX=2\n', 0]);
    },
  },
  { folder: 'sets/27-py-gethostname', title: 'a server on the address of its own name' },
  { folder: 'sets/45-bug-timewait', title: 'the first play without SO_REUSEADDR' },
  { folder: 'sets/56-stdin-eof', title: 'all of the keyboard, until Ctrl-D' },
  {
    folder: 'sets/58-one-machine',
    title: 'both on one machine, over its loopback, about which nothing is to be warned',
    check(played) {
      assertPassed(played);
      assert.equal(played.warnings, '');
    },
  },
  { folder: 'sets/59-ipv6', title: 'an IPv6 socket for IPv4 clients' },
  { folder: 'sets/60-prompt-counter', title: 'a prompt that counts' },
  {
    folder: 'sets/63-single-key',
    title: 'single keys',
    replace: [
      [/send: (?=\{ client)/g, 'press: '],
      ["/touche b'z'\\\\ntouche b'd'/", "/^touche b'd'/"],
    ],
    check(played) {
      assertPassed(played);
      assert.equal(played.outputOf('serveur'), "pret\r\ntouche b'z'\r\ntouche b'd'\r\n");
    },
  },
  { folder: 'sets/61-prompt-in-output', title: 'a message with the prompt in it, before a hidden prompt' },
  {
    folder: 'sets/61c-dollar-prompt',
    title: 'a price with the prompt in it; what is typed early is lost',
    // The client leaves before it has read all: whether that resets the server is chance.
    replace: [['exit: { client: 0, serveur: 0 }', 'exit: { client: 0 }']],
  },
  { folder: 'variants/node-question-prompt', title: 'a question with the prompt in it, in Node' },
  { folder: 'sets/28-py-ask-port', title: 'a port that is typed, declared and waited for' },
  {
    folder: 'variants/c-ask-port',
    title: 'a port that is typed, declared and waited for, in C',
    scenarios: ['talk'],
    needs: ['cc'],
  },
  { folder: 'sets/64-echo-same-text', title: 'an answer that is what was typed' },
  { folder: 'sets/65-c-nul-bytes', title: 'NUL bytes in the output', needs: ['cc'] },
  { folder: 'sets/67-windows-encodings', file: 'bom.yaml', title: 'a lab file with a byte order mark' },
]);
