import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgramOutput } from '../../src/api/program-output.ts';
import { CheckError, TimeoutError } from '../../src/core/errors.ts';

/** Prints these pieces, and then nothing more until it is told to end. */
function program(...pieces: readonly string[]): { readonly output: ProgramOutput; readonly end: () => void } {
  const ended = Promise.withResolvers<void>();
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield Buffer.from(piece, 'latin1');
    await ended.promise;
  }
  return { output: new ProgramOutput(bytes()), end: () => ended.resolve() };
}

async function rest(output: ProgramOutput): Promise<string> {
  let all = '';
  for await (const text of output) all += text;
  return all;
}

test('one who waits reads up to what it waits for; the next reads on from there', async () => {
  const { output, end } = program('Listen', 'ing on 7', '999\r\nwaiting');
  assert.equal(await output.waitFor('Listening'), 'Listening');
  assert.equal(await output.waitFor(/on (\d+)\r/g), ' on 7999\r');
  for await (const text of output) {
    assert.equal(text, '\nwaiting');
    break;
  }
  end();
  assert.equal(await rest(output), '');
});

test('no character is cut in two', async () => {
  const { output, end } = program('h\xc3', '\xa9llo');
  assert.equal(await output.waitFor('llo'), 'héllo');
  end();
});

test('what does not come in time, or can come no more, is an error that shows what came; nothing of it is lost', async () => {
  const { output, end } = program('one ', 'two');
  await assert.rejects(output.waitFor('three', { timeoutMs: 20 }), (error: unknown) => {
    assert.ok(error instanceof TimeoutError);
    return error.code === 'not-shown' && error.detail === 'one two';
  });
  const waiting = output.waitFor(/three/);
  end();
  await assert.rejects(waiting, (error: unknown) => error instanceof CheckError && error.detail === 'one two');
  assert.equal(await rest(output), 'one two');
});
