import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { LabError } from '../../src/core/errors.ts';
import type { EventBody } from '../../src/core/events.ts';
import type { Program } from '../../src/lab/types.ts';
import { checkPorts } from '../../src/scenario/playing/port-check.ts';
import { localShell } from '../helpers/ssh/local-shell.ts';
import { hold, nobody, onlyRoot, python, running } from '../helpers/machines/listeners.ts';
import { Running, unusedPort } from '../helpers/programs.ts';

async function checked(
  port: number,
  changes: Partial<Program> = {},
  shell = localShell(),
): Promise<{ events: EventBody[]; error: LabError | undefined }> {
  const events: EventBody[] = [];
  const program: Program = {
    name: 'server',
    on: 'vm1',
    files: [],
    command: ['./server'],
    build: undefined,
    listens: [{ protocol: 'tcp', port }],
    busyPort: 'error',
    prompt: undefined,
    env: new Map(),
    ...changes,
  };
  const error = await checkPorts(program, shell, {
    events: { emit: (event) => void events.push(event) },
    signal: AbortSignal.timeout(60_000),
  }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error === undefined || error instanceof LabError, String(error));
  return { events, error };
}

/** `state` of the check, then level and beginning of each notice. */
function shown(events: readonly EventBody[]): string[] {
  return events.flatMap((event) =>
    event.kind === 'port-checked'
      ? [event.state]
      : event.kind === 'notice'
        ? [`${event.level}: ${event.message.slice(0, 20)}`]
        : [],
  );
}

test('a server is not started where bind would fail in any case: TIME_WAIT of one that had not set SO_REUSEADDR, a client on the port', async () => {
  const port = await unusedPort();
  const script = `
import socket
s = socket.socket(); s.bind(("127.0.0.1", ${port})); s.listen(1)
c = socket.create_connection(("127.0.0.1", ${port})); a, _ = s.accept(); a.close(); c.recv(1); c.close()`;
  assert.equal(spawnSync(python, ['-c', script]).status, 0);
  for (const busyPort of ['error', 'free'] as const) {
    const { events, error } = await checked(port, { busyPort });
    assert.deepEqual([error?.code, error?.exitCode, shown(events)], ['port-busy', 1, ['busy']]);
    assert.match(
      error?.message ?? '',
      /^port \d+ of vm1 is in use, though nobody listens: bind would get "Address already in use"$/,
    );
    assert.match(error?.hint ?? '', /in TIME_WAIT: .* no server gets the port for another \d\d s/);
  }
});

test('a server is started where one that sets SO_REUSEADDR gets the port, and what stands in the way is reported', async () => {
  const port = await unusedPort();
  const holder = new Running([
    python,
    '-c',
    `import socket; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", ${port})); print("ready", flush=True); input()`,
  ]);
  running.push(holder);
  await holder.shows('ready');
  const { events, error } = await checked(port);
  assert.deepEqual([error, shown(events)], [undefined, ['free', 'warning: The port is bound by']]);
});

test(
  'a port of root is reported before the start, and does not matter to a program that sudo starts',
  onlyRoot,
  async () => {
    const shell = localShell({ uid: nobody, user: 'nobody' });
    assert.deepEqual(shown((await checked(997, {}, shell)).events), ['free', 'warning: Nobody has it, but b']);
    assert.deepEqual(shown((await checked(997, { command: ['sudo', './server'] }, shell)).events), ['free']);
  },
);

test('of who held a port, a record has what a record is read with', async () => {
  const port = await unusedPort();
  await hold(port);
  const { events, error } = await checked(port, { busyPort: 'free' });
  assert.equal(error, undefined);
  const holders = events.flatMap((event) => ('holders' in event ? event.holders.map((one) => [event.kind, one]) : []));
  assert.deepEqual(
    holders.map(([kind, one]) => [kind, Object.keys(one!).toSorted()]),
    ['port-checked', 'port-freed'].map((kind) => [kind, ['address', 'command', 'pid', 'port', 'startedAtMs', 'user']]),
  );
});
