import {
  isCount,
  isFlag,
  isName,
  isPort,
  isRecord,
  isText,
  isTime,
  listOf,
  oneOf,
  optional,
  recordOf,
} from '../core/json/json-checks.ts';

const isInterface = recordOf({ name: isText, network: isText, address: isText });
const isMachine = recordOf({
  name: isName,
  image: isText,
  user: isText,
  isUserWritten: optional(oneOf(true)),
  interfaces: listOf(isInterface),
  memoryMiB: optional(isCount),
  cpus: optional(isCount),
  diskMiB: optional(isCount),
  sudo: optional(isFlag),
  ssh: optional(
    recordOf({ host: optional(isText), port: optional(isPort), user: optional(isText), key: optional(isText) }),
  ),
});

/** Whether parsed JSON has the shape of a stored state (`state.json`), every field with its type. */
export const isStoredState = recordOf({
  schemaVersion: oneOf(1),
  labId: isName,
  uid: optional(isCount),
  ssh: optional(isText),
  name: isName,
  provider: isName,
  createdAt: isTime,
  fingerprint: isText,
  networks: listOf(
    recordOf({
      name: isText,
      subnet: isText,
      gateway: optional(isText),
      nat: isFlag,
      reachesPrivate: optional(isFlag),
    }),
  ),
  machines: listOf(isMachine),
  programs: listOf(recordOf({ name: isName, on: isName, listens: listOf(isPort) })),
  providerState: isRecord,
});
