import { fails, testSets } from '../helpers/program-sets.ts';

await testSets('a server that listens otherwise than the lab file says is explained at its start, and at once', [
  {
    folder: 'sets/41-bug-no-bind',
    title: 'no bind',
    check: fails({
      step: 'start: serveur',
      says: [
        /serveur listens on port \d{5} instead of 7999: the system chose it/,
        /Call bind with port 7999 before listen/,
      ],
    }),
  },
  {
    folder: 'sets/44b-bug-server-other-port',
    title: 'another port',
    check: fails({
      step: 'start: serveur',
      says: [/serveur listens on port 8000 instead of 7999$/m, /write 8000 in the lab file and in its clients/],
    }),
  },
  {
    folder: 'variants/c-server-no-htons',
    title: 'the two bytes of the port swapped, in C',
    needs: ['cc'],
    check: fails({
      step: 'start: server',
      says: [
        /server listens on port 16159 \(0x3F1F\) instead of 7999 \(0x1F3F\): the two bytes of the port are swapped/,
        /htons\(7999\)/,
      ],
    }),
  },
  {
    folder: 'sets/24-udp',
    file: 'lab-listens.yaml',
    title: 'UDP, in Python',
    check: fails({
      step: 'start: serveur',
      says: [/serveur has UDP port 6000 open, not TCP port 6000/, /SOCK_STREAM/],
    }),
  },
  {
    folder: 'variants/c-udp',
    title: 'UDP, in C',
    needs: ['cc'],
    check: fails({ step: 'start: server', says: [/server has UDP port 9000 open, not TCP port 9000/, /SOCK_STREAM/] }),
  },
  {
    folder: 'sets/26-two-ports',
    title: 'a second port that opens later',
    check: fails({
      step: 'start: serveur',
      says: [/serveur listens on port 2121, but not yet on its port 2120/, /Does it open 2120 only later/],
    }),
  },
  {
    folder: 'variants/c-ask-port',
    title: 'a server that still asks for its port',
    needs: ['cc'],
    scenarios: ['forgotten'],
    check: fails({ step: 'wait: { listens: server }', says: [/server reads its keyboard/], withinMs: 20_000 }),
  },
]);
