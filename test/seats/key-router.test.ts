import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ProgramLook, WaitKind } from '../../src/core/program-look.ts';
import { HeldKeys } from '../../src/seats/held-keys.ts';
import { KeyRouter, type LookTicket } from '../../src/seats/key-router.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const textOf = (keys: Uint8Array | undefined): string | undefined => keys && Buffer.from(keys).toString();
const doing = (waits: WaitKind, typedUnread = 0): ProgramLook => ({ waits: [waits], typedUnread, sockets: [] });

/** Long after all echoes. */
const LATER = Infinity;

/** A desk with two sides; gives what each got. */
function desk(hasPrompt = false): {
  readonly router: KeyRouter;
  readonly got: { readonly one: string; readonly two: string };
} {
  const got = { one: '', two: '' };
  const sides = ['one', 'two'].map((role) => ({ role, hasPrompt }));
  const router = new KeyRouter(sides, (role, keys) => (got[role as keyof typeof got] += textOf(keys)));
  router.begin('one');
  router.begin('two');
  return { router, got };
}

/** What all that are asked about answer. */
function look(router: KeyRouter, looks: Readonly<Record<string, ProgramLook | undefined>>): string[] {
  const tickets = router.questions(LATER);
  for (const ticket of tickets) router.answered(ticket, looks[ticket.role]);
  return tickets.map(({ role }) => role);
}

describe('what is typed at a desk', () => {
  test('goes to the program that reads its keyboard, a line each time it does', () => {
    const { router, got } = desk();
    router.press(bytes('1\r2\r3\rpart'));
    assert.deepEqual([got, router.held.text], [{ one: '', two: '' }, '1⏎2⏎3⏎part']);
    look(router, { one: doing('accept'), two: doing('keyboard') });
    assert.deepEqual([got, router.focus, router.held.text], [{ one: '', two: '1\r' }, 'two', '2⏎3⏎part']);
    look(router, { one: doing('keyboard'), two: doing('receive') });
    assert.deepEqual([got, router.focus], [{ one: '2\r', two: '1\r' }, 'one']);
    look(router, { one: doing('receive'), two: doing('sleep') });
    assert.equal(router.held.text, '3⏎part');
    look(router, { one: doing('receive'), two: doing('keyboard') });
    look(router, { one: doing('receive'), two: doing('keyboard') });
    assert.deepEqual([got, router.held.text], [{ one: '2\r', two: '1\r3\rpart' }, '']);
    assert.deepEqual([...router.unread.values()], [0, 0]);
  });

  test('stays with the side in use when both read', () => {
    const { router, got } = desk();
    look(router, { one: doing('keyboard'), two: doing('keyboard') });
    router.press(bytes('1\r'));
    look(router, { one: doing('keyboard'), two: doing('keyboard') });
    router.other();
    router.press(bytes('2\r'));
    look(router, { one: doing('keyboard'), two: doing('keyboard') });
    router.press(bytes('3\r'));
    assert.deepEqual(got, { one: '1\r', two: '2\r3\r' });
  });

  test('goes first to the side that was started first, also when it came later to read', () => {
    const { router, got } = desk();
    look(router, { one: doing('file'), two: doing('keyboard') });
    assert.equal(router.focus, 'two');
    look(router, { one: doing('keyboard'), two: doing('keyboard') });
    assert.equal(router.focus, 'one');
    router.press(bytes('1\r'));
    look(router, { one: doing('accept'), two: doing('keyboard') });
    router.press(bytes('2\r'));
    look(router, { one: doing('keyboard'), two: doing('keyboard') });
    router.press(bytes('3\r'));
    assert.deepEqual(got, { one: '1\r', two: '2\r3\r' });
  });

  test('waits for what the side that was started first does, whichever is known first', () => {
    const { router, got } = desk();
    const [one, two] = router.questions(LATER) as [LookTicket, LookTicket];
    router.press(bytes('1\r'));
    router.answered(two, doing('keyboard'));
    assert.deepEqual([got, router.held.text], [{ one: '', two: '' }, '1⏎']);
    router.answered(one, doing('keyboard'));
    assert.deepEqual(got, { one: '1\r', two: '' });
  });

  test('goes where the user wants it, for one line, and is known not to be read there', () => {
    const { router, got } = desk();
    look(router, { one: doing('accept'), two: doing('receive') });
    router.press(bytes('1\r2\r'));
    router.other();
    assert.deepEqual([got, router.held.text], [{ one: '', two: '1\r' }, '2⏎']);
    assert.equal(router.unread.get('two'), 0, 'it may have read it');
    look(router, { one: doing('accept'), two: doing('receive', 2) });
    assert.equal(router.unread.get('two'), 1);
    look(router, { one: doing('accept'), two: doing('receive', 0) });
    assert.equal(router.unread.get('two'), 0);
    router.other();
    router.other();
    assert.deepEqual(got, { one: '2\r', two: '1\r' });
    look(router, { one: doing('accept', 2), two: doing('receive') });
    router.end('one');
    assert.equal(router.unread.get('one'), 1, 'it ended before it read');
  });

  test('goes to a side that nothing is known of; with a prompt, when it shows', () => {
    const [plain, prompted] = [desk(), desk(true)];
    for (const { router } of [plain, prompted]) {
      router.press(bytes('1\r2\r'));
      for (let miss = 0; miss < 3; miss++) look(router, { one: undefined, two: doing('receive') });
    }
    assert.deepEqual(
      [plain.got, prompted.got],
      [
        { one: '1\r2\r', two: '' },
        { one: '', two: '' },
      ],
    );
    prompted.router.shown('one', true);
    assert.deepEqual(prompted.got, { one: '1\r', two: '' });
    assert.deepEqual([plain.router.unread.get('one'), prompted.router.unread.get('one')], [0, 0]);
  });

  test('is not lost when its side ends', () => {
    const { router, got } = desk();
    look(router, { one: doing('sleep'), two: doing('sleep') });
    router.press(bytes('1\r'));
    router.end('one');
    assert.deepEqual([router.focus, router.held.text], ['two', '1⏎']);
    look(router, { two: doing('keyboard') });
    assert.deepEqual(got, { one: '', two: '1\r' });
  });

  test('is edited as long as it is held; ^C is not held', () => {
    const { router, got } = desk();
    for (const keys of ['helé\x7fl', 'o\b\x7fp', '\r', 'a b\x17', 'c\x03\x15d\r', '\x7f']) router.press(bytes(keys));
    assert.deepEqual([got, router.held.text], [{ one: '\x03', two: '' }, 'help⏎d⏎']);
    look(router, { one: doing('keyboard') });
    look(router, { one: doing('keyboard') });
    assert.equal(got.one, '\x03help\rd\r');
    router.press(bytes('\x04x\r'));
    assert.equal(router.held.text, '^Dx⏎');
    look(router, { one: doing('keyboard') });
    assert.equal(got.one, '\x03help\rd\r\x04', '^D ends the input: what follows is for the next that reads');
  });
});

describe('a program is looked at', () => {
  test('as long as it is not known who reads, and again after each thing that happens', () => {
    const { router } = desk();
    assert.deepEqual(look(router, { one: doing('sleep'), two: doing('sleep') }), ['one', 'two']);
    assert.deepEqual(look(router, { one: doing('keyboard'), two: doing('sleep') }), ['one', 'two']);
    assert.deepEqual(look(router, {}), []);
    router.shown('one', false);
    assert.deepEqual(look(router, { one: doing('keyboard'), two: doing('sleep') }), ['one', 'two']);
    router.end('two');
    router.press(bytes('1\r'));
    assert.deepEqual(router.questions(performance.now()), [], 'its echo has not come');
    router.shown('one', false);
    assert.deepEqual(look(router, {}), ['one']);
  });

  test('in vain when it has got a line meanwhile', () => {
    const { router, got } = desk();
    look(router, { one: doing('keyboard') });
    router.shown('one', false);
    const tickets = router.questions(LATER);
    router.press(bytes('1\r2\r'));
    for (const ticket of tickets) router.answered(ticket, doing('keyboard'));
    assert.equal(got.one, '1\r');
  });
});

test('keys that are held are shown without controls', () => {
  const held = new HeldKeys();
  held.add(bytes('a\tb\x1b[A\u202e\u009b'));
  assert.equal(held.text, String.raw`a b\u{1b}[A\u{202e}\u{9b}`);
});
