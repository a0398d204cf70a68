/**
 * JSON Schema of one scenario step, for editors. The `scenario` room reads the steps and is the one that judges them; a test holds the two together.
 */

const role = { type: 'string', description: 'Name of a program.' };
const machine = { type: 'string', description: 'Name of a machine.' };
const text = { type: 'string', description: 'Text.' };
const pattern = {
  type: 'string',
  description: 'Text that must be contained, or `/regular expression/`.',
  minLength: 1,
};
const time = {
  type: 'string',
  pattern: String.raw`^\d+(\.\d+)? ?(ms|s|min)$`,
  description: 'A time with its unit.',
  examples: ['5s', '500ms', '2min'],
};
const signalName = { type: 'string', description: 'Name of a signal.', examples: ['INT', 'TERM', 'KILL'] };
const exitStatus = { anyOf: [{ type: 'integer', minimum: 0, maximum: 255 }, signalName] };
const command = {
  type: 'array',
  minItems: 1,
  items: { type: ['string', 'number'] },
  description: 'The command, word by word; no shell reads it.',
};
const rolesOrRole = { anyOf: [role, { type: 'array', minItems: 1, items: role }] };

/** What a `tcp` step can say. */
const tcpChecks = {
  port: { type: 'integer', minimum: 1, maximum: 65_535, description: 'Only connections to this port.' },
  connections: { type: 'integer', minimum: 0, description: 'How many connections came about.' },
  handshake: { type: 'boolean', description: '`true`: every attempt to connect came about; `false`: none did.' },
  close: options(
    {
      by: {
        enum: ['client', 'server', 'both'],
        description:
          'The end that closed first: `client` opened the connection; `both`: each sent its FIN before it had that of the other.',
      },
      kind: { enum: ['fin', 'rst', 'open'], description: 'How it ended, if it did.' },
    },
    [],
  ),
  reset: { enum: ['none', 'any', 'client', 'server'], description: 'Who sent a RST.' },
  retransmissions: {
    anyOf: [{ type: 'integer', minimum: 0 }, { const: 'some' }],
    description: 'How many segments were sent again.',
  },
  payload: {
    ...options({ client: pattern, server: pattern }, []),
    minProperties: 1,
    description: 'What one of the connections carried.',
  },
};

function perRole(value: object): object {
  return { type: 'object', minProperties: 1, additionalProperties: value };
}

function options(properties: Readonly<Record<string, object>>, required: readonly string[]): object {
  return { type: 'object', properties, required, additionalProperties: false };
}

/** Each verb: what follows it, in words, and an example of a whole step. */
const verbs: Readonly<
  Record<
    string,
    { readonly value: object; readonly description: string; readonly example: Readonly<Record<string, unknown>> }
  >
> = {
  start: {
    value: { anyOf: [...rolesOrRole.anyOf, options({ program: rolesOrRole, timeout: time }, ['program'])] },
    description:
      'Checks its port, starts a program, and waits until it listens (if it has `listens`) or shows its prompt.',
    example: { start: 'server' },
  },
  send: {
    value: perRole(text),
    description: 'Waits for the prompt, then types a line; the terminal takes 4095 bytes of one.',
    example: { send: { client: 'Hello vm1' } },
  },
  expect: {
    value: perRole(pattern),
    description: 'Waits until a program shows this.',
    example: { expect: { server: "from client 'Hello vm1'" } },
  },
  exit: {
    value: perRole(exitStatus),
    description: 'Waits until programs end, with this exit status or signal.',
    example: { exit: { client: 0, server: 0 } },
  },
  close: { value: rolesOrRole, description: 'Ends the input of a program (Ctrl-D).', example: { close: 'client' } },
  signal: { value: perRole(signalName), description: 'Sends a signal.', example: { signal: { server: 'INT' } } },
  wait: {
    value: { anyOf: [time, options({ listens: role }, ['listens']), options({ prompt: role }, ['prompt'])] },
    description: 'Waits for a time, until a program listens, or until it shows its prompt.',
    example: { wait: { listens: 'server' } },
  },
  run: {
    value: {
      anyOf: [
        options({ on: machine, command, status: exitStatus, output: pattern, timeout: time }, ['on', 'command']),
        perRole(command),
      ],
    },
    description: 'Runs a command on a machine; it must end with `status` (default 0) and print `output`.',
    example: { run: { on: 'vm1', command: ['ss', '-ltn'], status: 0, output: ':7999' } },
  },
  tcp: {
    value: { ...options(tcpChecks, []), minProperties: 1 },
    description:
      'Checks what TCP did so far, on the captured packets: each connection has its handshake, was closed so, carried this text.',
    example: { tcp: { handshake: true, close: { by: 'client', kind: 'fin' }, reset: 'none' } },
  },
};

/** The schema of a step, for `$defs`. */
export function stepJsonSchema(): object {
  const properties = Object.fromEntries(
    Object.entries(verbs).map(([verb, { value, description, example }]) => [
      verb,
      { ...value, description, examples: [example[verb]] },
    ]),
  );
  return {
    description: `One step of a scenario: one of ${Object.keys(verbs).join(', ')}; any may carry a time limit, \`timeout: 5s\`.`,
    type: 'object',
    properties: { ...properties, timeout: { ...time, description: 'Time limit of this step.' } },
    additionalProperties: false,
    oneOf: Object.keys(verbs).map((verb) => ({ required: [verb] })),
    examples: Object.values(verbs).map(({ example }) => example),
  };
}

/** The verbs with their meaning and an example, for the reference. */
export function stepReference(): { readonly verb: string; readonly description: string; readonly example: unknown }[] {
  return Object.entries(verbs).map(([verb, { description, example }]) => ({ verb, description, example }));
}
