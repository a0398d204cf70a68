import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LabError } from '../../../src/core/errors.ts';
import { QemuProvider } from '../../../src/providers/qemu/provider.ts';
import type { ProviderState } from '../../../src/providers/provider.ts';
import { machineWith } from '../../helpers/ssh/ssh-routes.ts';

const place = { labId: 'no-such-lab', stateFolder: '/nowhere/.lab' };
const attach = async (state: ProviderState): Promise<unknown> =>
  new QemuProvider().attach([machineWith({})], state, place);

describe('what is stored of virtual machines', () => {
  for (const state of [
    { ports: {} },
    { ports: { vm1: 2222 }, acceleration: 'kvm' },
    { ports: { vm1: 2222, vm9: 1 } },
  ]) {
    test(`finds them again: ${JSON.stringify(state)}`, async () => {
      assert.equal(((await attach(state)) as unknown[]).length, 1);
    });
  }

  for (const [state, detail] of [
    [{}, 'providerState.ports is missing, not an object'],
    [{ ports: null }, 'providerState.ports is null, not an object'],
    [{ ports: { vm1: 'constructor' } }, 'providerState.ports.vm1 is "constructor", not a number from 1 to 65535'],
    [{ ports: { vm1: 2.5 } }, 'providerState.ports.vm1 is 2.5, not a whole number'],
    [{ ports: {}, acceleration: 'magic' }, 'providerState.acceleration is "magic", not one of kvm, hvf, tcg'],
    [{ configStamp: 'x', machines: {} }, 'providerState.ports is missing, not an object'],
  ] as const) {
    test(`is refused, with what is wrong, when it was damaged or is of another provider: ${JSON.stringify(state)}`, async () => {
      await assert.rejects(attach(state), (error: LabError) => {
        assert.deepEqual([error.code, error.detail], ['state-broken', detail]);
        assert.match(error.hint ?? '', /lab down/);
        return true;
      });
    });
  }
});
