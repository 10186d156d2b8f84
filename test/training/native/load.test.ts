import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { nativeStatus } from '../../../src/training/native/folder.ts';
import { loadNative } from '../../../src/training/native/load.ts';

const root = path.join(import.meta.dirname, '../../..');
const installed = path.join(root, '.cache/native');

describe('the native backend, loaded,', () => {
  it('says how to get it where it is not installed', () => {
    const { tf, ...rest } = loadNative(path.join(tmpdir(), 'no-such-folder'));
    assert.equal(tf, null);
    assert.deepEqual(rest, { reason: 'is not installed: run `loss-lens native install`' });
  });

  it('says why where it does not load', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-load-'));
    try {
      mkdirSync(path.join(folder, 'node_modules'));
      writeFileSync(path.join(folder, 'load.cjs'), "throw new Error('libstdc++ is too old\\nRequire stack: ...')");
      const stamp = { tfjsNode: '4', tensorflow: '2', way: 'wheel', addon: 'shipped', recipe: '', files: ['load.cjs'] };
      writeFileSync(path.join(folder, 'installed.json'), JSON.stringify(stamp));
      const loaded = loadNative(folder);
      assert.ok(loaded.tf === null);
      assert.match(loaded.reason, /^does not load: libstdc\+\+ is too old\. Run `loss-lens native remove`/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('computes with the TensorFlow library, and is loaded once', async function () {
    this.timeout(60_000);
    const there = nativeStatus(installed);
    if (!there) {
      console.log('      skipped: the native backend is not installed (npm run native)');
      return this.skip();
    }
    const program = `
      import { loadNative } from ${JSON.stringify(path.join(root, 'src/training/native/load.ts'))};
      const native = loadNative(${JSON.stringify(installed)});
      const { tf, tfjsNode, tensorflow } = native;
      const product = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5], [6]])).arraySync();
      const again = loadNative(${JSON.stringify(installed)}) === native;
      const { reason } = loadNative('/elsewhere');
      const places = [tf.getBackend(), typeof tf.node.loadSavedModel];
      console.log(JSON.stringify({ tfjsNode, tensorflow, product, again, reason, places }));
    `;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    const { tfjsNode, tensorflow } = there;
    assert.deepEqual(JSON.parse(stdout), {
      tfjsNode,
      tensorflow,
      product: [[17], [39]],
      again: true,
      reason: `cannot be loaded twice: this process uses the one in ${installed}`,
      places: ['tensorflow', 'function'],
    });
    assert.equal(stderr, '');
  });
});
