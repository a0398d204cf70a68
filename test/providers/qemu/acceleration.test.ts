import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalWords } from '../../../src/providers/qemu/process/acceleration.ts';

test('why QEMU refuses an accelerator is said without the place in its source', () => {
  const assertion =
    "qemu-system-x86_64: ../../target/i386/kvm/kvm.c:3183: kvm_buf_set_msrs: Assertion `ret == cpu->kvm_msr_buf->nmsrs' failed.";
  assert.equal(refusalWords('kvm', `warning\n${assertion}\n`), 'kvm is there, but QEMU breaks off with it');
  assert.equal(refusalWords('kvm', ''), 'kvm is there, but QEMU breaks off with it');
  assert.equal(
    refusalWords('kvm', 'qemu-system-x86_64: Could not access KVM kernel module: Permission denied\n'),
    'Could not access KVM kernel module: Permission denied',
  );
});
