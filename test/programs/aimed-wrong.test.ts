import { fails, testSets } from '../helpers/program-sets.ts';

/** Advice that is false where a step asks for the end of the program. */
const ADVICE = /Add a step/;

await testSets('a client that nobody can answer is explained by what its machine tried', [
  {
    folder: 'sets/03-bug-bind-localhost',
    title: 'a server on its own loopback address, of which its start warns',
    check: fails({
      step: 'start: client',
      says: [
        /serveur listens on 127\.0\.0\.1:7999 only; other machines cannot reach it\nBind to '' or 0\.0\.0\.0/,
        /vm2 tried vm1:7999 and was refused; serveur listens on 127\.0\.0\.1 only, so no other machine reaches vm1:7999/,
      ],
      silent: [ADVICE],
    }),
  },
  {
    folder: 'sets/03b-node-loopback',
    title: 'a server on "localhost", in Node',
    check: fails({
      step: 'start: client',
      says: [
        /vm2 tried vm1:3000 and was refused; serveur listens on (127\.0\.0\.1|::1) only, so no other machine reaches vm1:3000/,
      ],
      silent: [ADVICE],
    }),
  },
  {
    folder: 'variants/node-ipv6-loopback',
    title: 'a server on ::1',
    check: fails({
      step: 'start: client',
      says: [/vm2 tried vm1:4000 and was refused; server listens on ::1 only, so no other machine reaches vm1:4000/],
    }),
  },
  {
    folder: 'sets/04-bug-client-localhost',
    title: 'a client that aims at its own machine',
    check: fails({
      step: 'start: client',
      says: [/vm2 tried 127\.0\.0\.1:7999 \(itself\) and was refused; serveur listens on vm1:7999/],
    }),
  },
  {
    folder: 'variants/java-client-itself',
    title: 'the same in Java',
    needs: ['javac'],
    // It starts in seconds on a busy host.
    replace: [['prompt: "line: "', 'prompt: "/line: $/"']],
    check: fails({
      step: 'start: client',
      says: [/vm2 tried 127\.0\.0\.1:7999 \(itself\) and was refused; server listens on vm1:7999/],
      withinMs: 12_000,
    }),
  },
  {
    folder: 'sets/44-bug-wrong-port',
    title: 'a port that nobody has, and a prompt that stands in the traceback',
    check: fails({
      step: 'start: client',
      says: [/vm2 tried vm1:7998 and was refused; serveur listens on vm1:7999$/m, /ConnectionRefusedError/],
      silent: [ADVICE],
    }),
  },
  {
    folder: 'sets/43c-bug-unknown-name',
    title: 'a name that no machine has',
    check: fails({
      step: 'start: client',
      says: [
        /client ended with status 1; its last words: socket\.gaierror/,
        /is it the name of a machine in lab\.yaml\?/,
      ],
      silent: [ADVICE],
    }),
  },
  {
    folder: 'variants/java-unknown-name',
    title: 'the same in Java, with the prompt in the traceback',
    needs: ['javac'],
    check: fails({
      step: 'start: client',
      says: [
        /client ended with status 1; its last words: java\.net\.UnknownHostException: machine1/,
        /is it the name of a machine in lab\.yaml\?/,
      ],
      silent: [ADVICE, /answered already/],
      withinMs: 12_000,
    }),
  },
  {
    folder: 'variants/py-nobody-there',
    title: 'an address that no machine has',
    scenarios: ['stranger'],
    check: fails({
      step: 'start: stranger',
      says: [/vm2 tried 192\.168\.100\.44:7999 \(an address of the lab that no machine has\)/],
      withinMs: 10_000,
    }),
  },
  {
    folder: 'variants/node-wrong-port',
    title: 'a client that aims at another port',
    check: fails({ step: 'start: client', says: [/vm2 tried vm1:7900 and was refused; server listens on vm1:7999$/m] }),
  },
  {
    folder: 'variants/c-client-no-htons',
    title: 'a client that swaps the bytes of the port, in C',
    needs: ['cc'],
    check: fails({
      step: 'start: client',
      says: [
        /vm2 tried vm1:16159 and was refused; server listens on vm1:7999; 16159 is 7999 with its two bytes swapped: htons is missing/,
      ],
      silent: [ADVICE],
    }),
  },
  {
    folder: 'variants/py-nobody-there',
    title: 'an address outside of the lab',
    scenarios: ['outside'],
    check: fails({
      step: 'start: outside',
      says: [/vm2 tried 203\.0\.113\.9:7999 \(outside of the lab\)/],
      withinMs: 20_000,
    }),
  },
]);
