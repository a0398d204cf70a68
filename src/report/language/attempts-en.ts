import type { AttemptWords } from '../attempts/attempt-sentence.ts';

export const attempts: AttemptWords = {
  intro: 'What the machines also tried to reach, as their kernels counted it:',
  none: 'No machine of the run tried to connect to another one, or to itself.',
  separator: '; ',
  places: {
    itself: 'itself',
    gateway: (network) => `the gateway of ${network}`,
    absent: 'an address of the lab that no machine has',
    outside: 'outside of the lab',
  },
  tcp: {
    refused: (machine, target, times) =>
      `${machine} tried ${target} and was refused${times > 1 ? ` (${times} times)` : ''}`,
    unreachable: (machine, target) => `${machine} tried ${target} and was told that no way leads there`,
    unanswered: (machine, target) => `${machine} tried ${target} and got no answer`,
    connected: (machine, target) => `${machine} connected to ${target}`,
  },
  udp: {
    refused: (machine, target) => `${machine} sent UDP datagrams to ${target}, where no program has that port open`,
    unreachable: (machine, target) => `${machine} sent UDP datagrams to ${target} and was told that no way leads there`,
    sent: (machine, target) => `${machine} sent UDP datagrams to ${target}`,
  },
  nameQuestion: (machine, target) =>
    `${machine} asked ${target} for the address of a name, and no name server answers there: is it the name of a ` +
    'machine in lab.yaml?',
  server: {
    listens: (program, place) => `${program} listens on ${place}`,
    loopback: (program, addresses, place) =>
      `${program} listens on ${addresses} only, so no other machine reaches ${place}`,
    silent: (program, place) => `${program} does not listen on ${place}`,
    declared: (program, place) => `${program} should listen on ${place}`,
  },
  datagramServer: {
    opened: (program, place) => `${program} has UDP ${place} open`,
    loopback: (program, addresses, place) =>
      `${program} has UDP open on ${addresses} only, so no other machine reaches ${place}`,
    silent: (program, place) => `${program} does not have UDP ${place} open`,
    declared: (program, place) => `${program} should have UDP ${place} open`,
  },
  otherProtocol: (machine, used, program, its) => `${machine} used ${used}, and ${program} uses ${its}`,
  swapped: (tried, meant) => `${tried} is ${meant} with its two bytes swapped: htons is missing`,
};
