import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadCifar10 } from '../../../src/training/data/cifar10.ts';

/** A record whose planes hold one byte each. */
function record(label: number, red = 1, green = 2, blue = 3): Buffer {
  return Buffer.concat([
    Buffer.of(label),
    Buffer.alloc(1024, red),
    Buffer.alloc(1024, green),
    Buffer.alloc(1024, blue),
  ]);
}

describe('CIFAR-10', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-cifar10-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(files: Record<string, string | Uint8Array>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), content);
    }
  }

  const fails = (message: RegExp) => assert.rejects(loadCifar10(folder), { name: 'DataError', message });

  it('is read from all its batches in order, label and planes', async () => {
    write({
      'data_batch_2.bin': record(7),
      'data_batch_1.bin': Buffer.concat([record(0, 10, 20, 30), record(9)]),
      'test_batch.bin': record(3),
    });
    const { train, heldOut, classes, name, kind } = await loadCifar10(folder);
    assert.deepEqual([kind, name], ['cifar10', `CIFAR-10 from ${folder}`]);
    assert.deepEqual([train.count, [...train.labels]], [3, [0, 9, 7]]);
    assert.deepEqual([heldOut.count, [...heldOut.labels]], [1, [3]]);
    assert.deepEqual([...train.pixels.subarray(0, 3072)], [...record(0, 10, 20, 30).subarray(1)]);
    assert.deepEqual([train.pixels.length, heldOut.pixels.length], [3 * 3072, 3072]);
    assert.deepEqual([classes[0], classes[9]], ['airplane', 'truck']);
  });

  it('is found in the folder that its archive unpacks to, and takes the names of the classes from it', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    write({
      'cifar-10-batches-bin/data_batch_1.bin': record(1),
      'cifar-10-batches-bin/test_batch.bin': record(1),
      'cifar-10-batches-bin/batches.meta.txt': `${names.join('\r\n')}\r\n\r\n`,
    });
    assert.deepEqual((await loadCifar10(folder)).classes, names);
  });

  it('has a checksum of what was read, wherever it was and in however many files', async () => {
    write({ 'data_batch_1.bin': Buffer.concat([record(1), record(2)]), 'test_batch.bin': record(3) });
    const { checksum } = await loadCifar10(folder);
    assert.match(checksum, /^[0-9a-f]{64}$/);
    write({ 'data_batch_1.bin': record(1), 'data_batch_2.bin': record(2) });
    assert.equal((await loadCifar10(folder)).checksum, checksum);
    write({ 'data_batch_2.bin': record(2, 1, 2, 4) });
    assert.notEqual((await loadCifar10(folder)).checksum, checksum);
  });

  it('says what is wrong with the folder', async () => {
    await fails(/holds no CIFAR-10: no data_batch_1\.bin .* Name the folder/);
    await assert.rejects(loadCifar10(path.join(folder, 'absent')), /absent does not exist/);
    write({ file: '' });
    await assert.rejects(loadCifar10(path.join(folder, 'file')), /file is no folder/);
  });

  it('says that there are no images held out', async () => {
    write({ 'data_batch_1.bin': record(1) });
    await fails(/has no test_batch\.bin/);
  });

  it('tells the other versions of the archive', async () => {
    write({ data_batch_1: 'x', test_batch: 'x' });
    await fails(/holds the Python version of CIFAR-10 \(data_batch_1\), but the binary version is needed/);
    rmSync(path.join(folder, 'data_batch_1'));
    write({ 'data_batch_1.mat': 'x' });
    await fails(/holds the Matlab version/);
    rmSync(path.join(folder, 'data_batch_1.mat'));
    write({ 'cifar-10-batches-py/data_batch_1': 'x' });
    await fails(/holds the Python version of CIFAR-10 \(cifar-10-batches-py\)/);
  });

  it('says what is wrong with a batch', async () => {
    write({ 'data_batch_1.bin': record(1), 'test_batch.bin': '' });
    await fails(/test_batch\.bin is empty/);
    write({ 'test_batch.bin': record(1).subarray(1) });
    await fails(/its 3072 bytes are no multiple of 3073/);
    write({ 'test_batch.bin': Buffer.concat([record(9), record(10)]) });
    await fails(/image 1 has the label 10, and labels are 0 to 9/);
    rmSync(path.join(folder, 'test_batch.bin'));
    mkdirSync(path.join(folder, 'test_batch.bin'));
    await fails(/test_batch\.bin is no file/);
  });

  it('says that the names are not ten', async () => {
    write({ 'data_batch_1.bin': record(1), 'test_batch.bin': record(1), 'batches.meta.txt': 'cat\ndog\n' });
    await fails(/holds 2 names, and there are ten classes/);
  });

  it('says that permission is denied', async function () {
    // Nothing is denied to root, and Windows has other permissions.
    if (process.getuid?.() === 0 || process.platform === 'win32') this.skip();
    write({ 'data_batch_1.bin': record(1), 'test_batch.bin': record(1) });
    chmodSync(path.join(folder, 'test_batch.bin'), 0);
    await fails(/test_batch\.bin may not be read: permission denied/);
  });

  it('is what it should be where it is real', async function () {
    const real =
      process.env.LOSS_LENS_CIFAR10 ?? path.resolve(import.meta.dirname, '../../../../shared/data/cifar10-tiny');
    // No images are kept with the code.
    if (!existsSync(real)) this.skip();
    const { train, heldOut, classes } = await loadCifar10(real);
    assert.deepEqual(classes.slice(0, 3), ['airplane', 'automobile', 'bird']);
    assert.equal(new Set(train.labels).size, 10);
    assert.equal(new Set(heldOut.labels).size, 10);
    // Photographs are of all shades, and neighbours alike: otherwise the planes would be read in a wrong order.
    const steps = train.pixels
      .subarray(0, 100 * 3072)
      .reduce((sum, x, i, all) => sum + Math.abs(x - (all[i - 1] ?? x)), 0);
    assert.ok(steps / (100 * 3072) < 20, `${steps / (100 * 3072)}`);
  });
});
