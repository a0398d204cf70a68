import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event, EventBody } from '../../src/core/events.ts';
import { scenarioYaml } from '../../src/lab/add-scenario.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { ScenarioProposal } from '../../src/scenario/propose.ts';
import { keyOrText, keysOf } from '../../src/scenario/reading/keys.ts';
import { stepYaml, type StepData } from '../../src/scenario/step-data.ts';
import { labOf } from '../helpers/scenario-lab.ts';
import { stamped, tp1Bodies } from '../helpers/tp1-events.ts';

const isPrompt = (_role: string, line: string): boolean => /^(?:client|server)@vm\d:7999\$ $|^> $/.test(line);

function proposed(events: readonly Event[]): readonly StepData[] {
  const proposal = new ScenarioProposal(['7999'], isPrompt);
  for (const event of events) proposal.take(event);
  return proposal.proposed(new Map()).steps;
}

const open: EventBody = { kind: 'terminal-opened', role: 'p', machine: 'vm1', columns: 80, rows: 24, command: ['p'] };
const shows = (data: string): EventBody => ({ kind: 'terminal-output', role: 'p', data });
const types = (data: string): EventBody => ({ kind: 'terminal-input', role: 'p', data, by: 'user' });

function ofProgram(...bodies: readonly EventBody[]): readonly unknown[] {
  return proposed(stamped([open, ...bodies])).slice(1);
}

function expected(line: string): unknown {
  return ofProgram(shows(`${line}\r\n`))[0];
}

const sends = (...lines: readonly [string, string][]): unknown[] =>
  lines.map(([role, line]) => ({ send: { [role]: line } }));

describe('a proposed scenario', () => {
  test('of the reference session is the one of the practical, with more expected', () => {
    assert.deepEqual(proposed(stamped(tp1Bodies)), [
      { start: 'server' },
      { expect: { server: 'Listening ...' } },
      { start: 'client' },
      { expect: { server: String.raw`/Connected by : \('192\.168\.100\.5', \d+\)/` } },
      { expect: { client: 'TP1 CLI' } },
      { send: { client: 'Hello vm1' } },
      { expect: { server: "from client 'Hello vm1'" } },
      { send: { server: "Hello ! ,What's up VM2" } },
      { expect: { client: "from server Hello ! ,What's up VM2" } },
      { send: { client: 'exit' } },
      { expect: { client: 'from server Hello vm1' } },
      { exit: { client: 0, server: 0 } },
    ]);
  });

  test('is one that lab understands', async () => {
    const lab = await labOf(`version: 1
machines: { vm1: {}, vm2: {} }
programs:
  server: { on: vm1, command: [x], listens: 7999 }
  client: { on: vm2, command: [y], prompt: "client@vm2:7999$ " }
scenarios:
${scenarioYaml('demo', proposed(stamped(tp1Bodies)).map(stepYaml), 2)}`);
    assert.deepEqual(parseScenarios(lab).problems, []);
  });

  test('sends what the line was when Enter was pressed, not the keys', () => {
    assert.deepEqual(ofProgram(types('helo'), types('\x7flo'), types(' you\x17me'), types('\r')), [
      { send: { p: 'hello me' } },
    ]);
    assert.deepEqual(ofProgram(types('wrong\x15right\r')), [{ send: { p: 'right' } }]);
    assert.deepEqual(ofProgram(types('é日本\x7f語\r')), [{ send: { p: 'é日語' } }]);
    assert.deepEqual(ofProgram(types('a\rb\r')), [{ send: { p: 'a' } }, { send: { p: 'b' } }]);
  });

  test('presses the keys of a line that was edited with arrows: what it was then, only the program knows', () => {
    assert.deepEqual(ofProgram(types('hel'), types('\x1b[D\x1b[3~p'), types('\r'), types('\x1bOA\r'), types('bye\r')), [
      { press: { p: ['hel', 'Left', 'Delete', 'p', 'Enter'] } },
      { press: { p: ['Up', 'Enter'] } },
      { send: { p: 'bye' } },
    ]);
  });

  test('presses what was typed on a screen, in the order in which it had an effect', () => {
    const begin = shows('\x1b[?1049h\x1b[?1h\x1b=\x1b[H\x1b[2J');
    const end = shows('\x1b[?1049l\x1b[?1l\x1b>');
    assert.deepEqual(
      ofProgram(
        begin,
        types('\x1bOB'),
        types('\x1bOB'),
        shows('\x1b[3;1Hfigs\r\n'),
        types('\r'),
        shows('\x1b[5;1Hchosen: figs\r\n'),
        types('hello\r'),
        types('q'),
        end,
        types('over\r'),
      ),
      [
        { press: { p: ['Down', 'Down'] } },
        { expect: { p: 'figs' } },
        { press: { p: 'Enter' } },
        { expect: { p: 'chosen: figs' } },
        { send: { p: 'hello' } },
        { press: { p: 'q' } },
        { send: { p: 'over' } },
      ],
    );
  });

  test('presses keys that no terminal showed and that ended up in no line, but not a line that was begun', () => {
    const exits: EventBody = { kind: 'program-exited', role: 'p', machine: 'vm1', exitCode: 0, signal: undefined };
    assert.deepEqual(ofProgram(types('z'), types('x'), exits), [{ press: { p: 'zx' } }, { exit: { p: 0 } }]);
    assert.deepEqual(ofProgram(types('hel'), shows('hel'), types('lo'), exits), [
      { expect: { p: 'hel' } },
      { exit: { p: 0 } },
    ]);
  });

  test('presses single keys when the machine shows that the program reads them', () => {
    const proposal = new ScenarioProposal([], isPrompt);
    for (const event of stamped([open])) proposal.take(event);
    proposal.noteEntry('p', true);
    for (const event of stamped([types('z'), shows('up\r\n'), types('s'), types('d'), shows('right\r\n')]))
      proposal.take(event);
    proposal.noteEntry('p', false);
    for (const event of stamped([types('ok\r')])) proposal.take(event);
    assert.deepEqual(proposal.proposed(new Map()).steps.slice(1), [
      { press: { p: 'z' } },
      { expect: { p: 'up' } },
      { press: { p: 'sd' } },
      { expect: { p: 'right' } },
      { send: { p: 'ok' } },
    ]);
  });

  test('sends what was typed in a line editor, which reads keys and shows them', () => {
    const proposal = new ScenarioProposal([], isPrompt);
    for (const event of stamped([open])) proposal.take(event);
    proposal.noteEntry('p', true);
    for (const event of stamped([types('he'), shows('> he'), types('llp'), shows('llp\r\nnews\r\n'), types('\x7fo\r')]))
      proposal.take(event);
    assert.deepEqual(proposal.proposed(new Map()).steps.slice(1), [
      { expect: { p: 'news' } },
      { send: { p: 'hello' } },
    ]);
  });

  test('writes keys so that they are read again as what was typed', () => {
    const typed =
      '\x1b[A\x1bOB\x1b[3~\x7f\t\x1bx\x01 upload Up F1 Bonjour\x1b[1;5D\x1b[24~\x1b[Z\x1b[200~é\x1b[201~\x1b[12;40R\r';
    const [step] = ofProgram(types(typed)) as [{ press: { p: string[] } }];
    assert.deepEqual(step.press.p.slice(0, 7), ['Up', 'Down', 'Delete', 'Backspace', 'Tab', 'Alt-x', 'Ctrl-A']);
    const sent = step.press.p.map((written) => keyOrText(written)).map((key) => ('hint' in key ? key.hint : key.sent));
    assert.equal(sent.join(''), typed.replace('\x1bOB', '\x1b[B').replaceAll(/\x1b\[(?:200~|201~|12;40R)/g, ''));
  });

  test('writes a text that reads as a key in two', () => {
    assert.deepEqual(keysOf('up'), ['u', 'p']);
    assert.deepEqual(keysOf('Bonjour'), ['B', 'onjour']);
  });

  test('knows ^C and ^D', () => {
    assert.deepEqual(ofProgram(types('\x03')), [{ signal: { p: 'INT' } }]);
    assert.deepEqual(ofProgram(types('\x04')), [{ close: 'p' }]);
  });

  test('expects no echo, no prompt, no empty line, and of many lines the last', () => {
    assert.deepEqual(ofProgram(shows('> '), types('hi\r'), shows('hi\r\none\r\n\r\ntwo\r\n> \r\n')), [
      { send: { p: 'hi' } },
      { expect: { p: 'two' } },
    ]);
  });

  test('leaves open what differs from run to run', () => {
    assert.deepEqual(expected('at 14:30:15 on 2026-11-23, PID 48213'), {
      expect: { p: String.raw`/at \d+:\d+:\d+ on \d+-\d+-\d+, PID \d+/` },
    });
    assert.deepEqual(expected('<socket 0x7f3a9c>'), { expect: { p: String.raw`/<socket 0x[\da-fA-F]+>/` } });
    assert.deepEqual(expected('port 7999, 3 items'), { expect: { p: 'port 7999, 3 items' } });
    assert.deepEqual(expected('/etc/'), { expect: { p: String.raw`//etc//` } });
  });

  test('has a mask where a line was typed unseen, and waits for no echo of it', () => {
    const proposal = new ScenarioProposal([], isPrompt);
    for (const event of stamped([
      open,
      { kind: 'terminal-input', role: 'p', data: '••••••••', by: 'user', isHidden: true },
      { kind: 'terminal-input', role: 'p', data: '\r', by: 'user', isHidden: true },
      shows('\r\nwelcome\r\n'),
      types('hello\r'),
      shows('hello\r\nyou said hello\r\n'),
    ]))
      proposal.take(event);
    const { steps, hidden } = proposal.proposed(new Map());
    assert.deepEqual(steps.slice(1), [
      { send: { p: '••••••••' } },
      { expect: { p: 'welcome' } },
      { send: { p: 'hello' } },
      { expect: { p: 'you said hello' } },
    ]);
    assert.deepEqual(hidden, ['p']);
  });

  test('sends no line that no program has read', () => {
    const proposal = new ScenarioProposal([], isPrompt);
    for (const event of stamped([
      open,
      { ...open, role: 'q' },
      types('one\r'),
      shows('one\r\ngot one\r\n'),
      types('two\r'),
      { kind: 'terminal-input', role: 'q', data: 'other\r', by: 'user' },
      types('two\r'),
    ]))
      proposal.take(event);
    const unread = (lines: Record<string, number>): unknown => {
      const { steps, hidden, ...rest } = proposal.proposed(new Map(Object.entries(lines)));
      assert.deepEqual(hidden, []);
      return { ...rest, steps: steps.slice(2) };
    };
    const first = [{ send: { p: 'one' } }, { expect: { p: 'got one' } }];
    assert.deepEqual(unread({ p: 0 }), {
      steps: [...first, ...sends(['p', 'two'], ['q', 'other'], ['p', 'two'])],
      sends: 4,
      unread: [],
    });
    assert.deepEqual(unread({ p: 1 }), {
      steps: [...first, ...sends(['p', 'two'], ['q', 'other'])],
      sends: 3,
      unread: [{ role: 'p', line: 'two' }],
    });
    assert.deepEqual(unread({ p: 9, q: 1 }), {
      steps: [{ expect: { p: 'got one' } }],
      sends: 0,
      unread: [
        { role: 'p', line: 'one' },
        { role: 'p', line: 'two' },
        { role: 'q', line: 'other' },
        { role: 'p', line: 'two' },
      ],
    });
  });

  test('expects a number that was typed as it was', () => {
    assert.deepEqual(ofProgram(types('12345\r'), shows('12345\r\ngot 12345\r\n')), [
      { send: { p: '12345' } },
      { expect: { p: 'got 12345' } },
    ]);
  });

  test("ends where the user had enough: what lab ends then is not the user's doing", () => {
    const proposal = new ScenarioProposal([], isPrompt);
    for (const event of stamped([open, shows('hello\r\n')])) proposal.take(event);
    proposal.finish();
    for (const event of stamped([
      { kind: 'program-exited', role: 'p', machine: 'vm1', exitCode: undefined, signal: 'TERM' },
    ]))
      proposal.take(event);
    assert.deepEqual(proposal.proposed(new Map()).steps, [{ start: 'p' }, { expect: { p: 'hello' } }]);
  });
});
