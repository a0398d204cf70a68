import { fails, testSets } from '../helpers/program-sets.ts';

/** Advice that is false where a step asks for the end of the program. */
const ADVICE = /Add a step/;
/** The step has ten seconds, and as many more as a busy host needs to tell. */
const TO_THE_LIMIT_MS = 16_000;

await testSets('a program that ended, or lost a thread, is named as the cause, at once', [
  {
    folder: 'sets/47-bug-no-encode',
    title: 'a client that does not encode what it sends',
    check: fails({
      step: 'expect: { serveur: "bonjour" }',
      says: [/client ended with status 1; its last words: TypeError: a bytes-like object is required, not 'str'/],
      silent: [ADVICE],
    }),
  },
  {
    folder: 'variants/node-client-throws',
    title: 'a client that throws, in Node',
    check: fails({
      step: 'expect: { server: "recu hello" }',
      says: [/client ended with status 1; its last words: .*TypeError.*argument must be of type string/],
      silent: [ADVICE],
    }),
  },
  {
    folder: 'sets/49-bug-thread-exception',
    title: 'an exception in a thread, in Python',
    check: fails({
      step: 'expect: { serveur: "reçu été" }',
      says: [
        /it can no longer come/,
        /an exception ended a thread of serveur: UnicodeDecodeError: 'ascii' codec can't decode/,
      ],
      silent: [ADVICE],
    }),
  },
  {
    folder: 'variants/java-thread-exception',
    title: 'an exception in a thread, in Java',
    needs: ['javac'],
    check: fails({
      step: 'expect: { server: "number 12" }',
      says: [/an exception ended a thread of server: java\.lang\.NumberFormatException: For input string: "twelve"/],
      silent: [ADVICE],
    }),
  },
]);

await testSets('the last words of a program are those that say what went wrong, not where', [
  {
    folder: 'variants/last-words',
    title: 'go',
    needs: ['go', 'rustc'],
    scenarios: ['go'],
    check: fails({
      step: 'expect: { go: "finished" }',
      says: [/go ended with status 2; its last words: panic: runtime error: index out of range \[5\] with length 2/],
      silent: [ADVICE],
      withinMs: 12_000,
    }),
  },
  {
    folder: 'variants/last-words',
    title: 'rust',
    needs: ['go', 'rustc'],
    scenarios: ['rust'],
    check: fails({
      step: 'expect: { rust: "finished" }',
      says: [/rust ended with status 101; its last words: .*no server: Os \{ code: 111/],
      silent: [ADVICE],
      withinMs: 12_000,
    }),
  },
  {
    folder: 'variants/last-words',
    title: 'java',
    needs: ['javac', 'go', 'rustc'],
    scenarios: ['java'],
    check: fails({
      step: 'expect: { java: "finished" }',
      says: [/java ended with status 1; its last words: java\.lang\.NullPointerException/],
      silent: [ADVICE],
      withinMs: 12_000,
    }),
  },
  {
    folder: 'variants/last-words',
    title: 'node',
    needs: ['go', 'rustc'],
    scenarios: ['node'],
    check: fails({
      step: 'expect: { node: "finished" }',
      says: [/node ended with status 1; its last words: TypeError: Cannot read propert/],
      silent: [ADVICE],
      withinMs: 12_000,
    }),
  },
  {
    folder: 'variants/last-words',
    title: 'perl',
    needs: ['go', 'rustc'],
    scenarios: ['perl'],
    check: fails({
      step: 'expect: { perl: "finished" }',
      says: [/perl ended with status 111; its last words: connect: Connection refused at main\.pl line 3/],
      silent: [ADVICE],
      withinMs: 12_000,
    }),
  },
]);

await testSets('who waits for what is part of a failure', [
  {
    folder: 'sets/46-bug-accept-in-loop',
    title: 'a server that waits for a second client, in Python',
    check: fails({
      step: 'expect: { serveur: "deuxieme" }',
      says: [
        /serveur waits in accept\(\) for a second client, 8 bytes from vm2 lie unread/,
        /client waits in recv\(\) for data from vm1/,
      ],
      withinMs: TO_THE_LIMIT_MS,
    }),
  },
  {
    folder: 'variants/java-second-accept',
    title: 'the same in Java',
    needs: ['javac'],
    check: fails({
      step: 'expect: { server: "got second line" }',
      says: [/server waits in accept\(\) for a second client, 12 bytes from vm2 lie unread/],
      withinMs: TO_THE_LIMIT_MS,
    }),
  },
  {
    folder: 'sets/48-bug-deadlock',
    title: 'both in recv(), in Python',
    check: fails({
      step: 'start: client',
      says: [/serveur and client both wait in recv\(\), each for the other: a deadlock/],
      withinMs: 22_000,
    }),
  },
  {
    folder: 'variants/c-deadlock',
    title: 'both in recv(), in C',
    needs: ['cc'],
    check: fails({
      step: 'expect: { client: "server says" }',
      says: [/server and client both wait in recv\(\), each for the other: a deadlock/],
      withinMs: TO_THE_LIMIT_MS,
    }),
  },
  {
    folder: 'variants/java-unflushed-socket',
    title: 'a client in Java that does not flush what it sends',
    needs: ['javac'],
    check: fails({
      step: 'expect: { server: "recu hello" }',
      says: [/server and client both wait in recv\(\), each for the other: a deadlock/],
      withinMs: TO_THE_LIMIT_MS,
    }),
  },
  {
    folder: 'sets/09-bug-noflush-prompt',
    title: 'a prompt that is not flushed, in Python',
    check: fails({
      step: 'start: client',
      says: [/client reads its keyboard, but shows no prompt: is it flushed\?/],
      withinMs: 22_000,
    }),
  },
  {
    folder: 'variants/go-unflushed-prompt',
    title: 'a prompt that is not flushed, in Go',
    needs: ['go'],
    check: fails({
      step: 'start: client',
      says: [/client reads its keyboard.*, but shows no prompt: is it flushed\?/],
      withinMs: 22_000,
    }),
  },
  {
    folder: 'sets/68-slow-answer',
    title: 'an answer that comes after the limit',
    replace: [
      [
        'expect: { serveur: "resultat pour bonjour" }',
        'expect: { serveur: "resultat pour bonjour" }\n      timeout: 3s',
      ],
    ],
    check: fails({
      step: 'expect: { serveur: "resultat pour bonjour" }',
      says: [/serveur sleeps/, /If serveur only needs longer: timeout: \d+s beside the verb/],
      withinMs: TO_THE_LIMIT_MS,
    }),
  },
  {
    folder: 'sets/33-bug-infinite-print',
    title: 'output without end, in Python',
    check: fails({
      step: 'exit: { client: 0, serveur: 0 }',
      says: [/serveur prints without end: .*, the same (line|\d+ lines) again and again/],
      withinMs: 22_000,
    }),
  },
  {
    folder: 'variants/c-endless',
    title: 'output without end, in C',
    needs: ['cc'],
    check: fails({
      step: 'exit: { client: 0, server: 0 }',
      says: [/server prints without end: .*, the same line again and again/],
      withinMs: 22_000,
    }),
  },
  {
    folder: 'variants/busy-and-asleep',
    title: 'a server that computes',
    scenarios: ['busy'],
    check: fails({ step: 'expect: { busy: "result" }', says: [/busy computes/], withinMs: 8000 }),
  },
  {
    folder: 'variants/busy-and-asleep',
    title: 'a server that sleeps',
    scenarios: ['sleeper'],
    check: fails({ step: 'expect: { sleeper: "result" }', says: [/sleeper sleeps/], withinMs: 8000 }),
  },
]);
