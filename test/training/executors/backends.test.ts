import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openBackend } from '../../../src/training/backends.ts';

const nowhere = path.join(tmpdir(), 'loss-lens-no-such-folder');

describe('the backend that trains', () => {
  it('is the fastest that loads, and those that are faster are named with the reason', async () => {
    const { backend, passedOver } = await openBackend('auto', nowhere);
    assert.equal(backend.name, 'wasm');
    assert.deepEqual(passedOver, [{ name: 'tfjs-node', reason: 'is not installed: run `loss-lens native install`' }]);
    assert.deepEqual(Object.keys(backend.versions), ['tfjs']);
  });

  it('is the one that is asked for', async () => {
    for (const name of ['wasm', 'cpu'] as const) {
      const { backend, passedOver } = await openBackend(name, nowhere);
      assert.deepEqual([backend.name, passedOver], [name, []]);
    }
  });

  it('is no other one where the one that is asked for does not load', async () => {
    await assert.rejects(
      openBackend('tfjs-node', nowhere),
      /^Error: The backend tfjs-node is not installed: run `loss-lens native install`\.$/,
    );
  });
});
