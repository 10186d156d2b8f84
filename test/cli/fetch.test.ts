import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cancelling } from '../../src/cli/cancel.ts';
import { INTERRUPTED, run } from '../../src/cli/run.ts';
import { REQUIRED_FILES } from '../../src/training/data/unpack.ts';
import { fakeTerminal } from '../support/terminal.ts';

describe('loss-lens native and loss-lens data', () => {
  let folder: string;
  const own = ['LOSS_LENS_DATA', 'LOSS_LENS_NATIVE'] as const;
  const given = own.map((name) => process.env[name]);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-fetch-'));
    process.env.LOSS_LENS_DATA = folder;
    process.env.LOSS_LENS_NATIVE = path.join(folder, 'native');
  });
  afterEach(() => {
    own.forEach((name, i) => {
      const value = given[i];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    });
    rmSync(folder, { recursive: true });
  });

  async function lossLens(...argv: string[]) {
    const terminal = fakeTerminal(folder);
    const code = await run(argv, terminal);
    return { code, stdout: terminal.stdout, stderr: terminal.stderr };
  }

  it('say what is there', async () => {
    const native = await lossLens('native', 'status');
    assert.deepEqual([native.code, native.stderr], [0, '']);
    assert.match(native.stdout, /is not installed\. Install it with: loss-lens native install\n$/);
    const data = await lossLens('data', 'status');
    assert.deepEqual([data.code, data.stderr], [0, '']);
    assert.match(data.stdout, /is not downloaded\. Download it with: loss-lens data download \(170 MB\)\n$/);
  });

  it('remove what is there, and nothing else', async () => {
    assert.match((await lossLens('data', 'remove')).stdout, /^CIFAR-10 is not in /);
    assert.match((await lossLens('native', 'remove')).stdout, /^Nothing is installed in /);
    const data = path.join(folder, 'cifar-10-batches-bin');
    mkdirSync(data);
    for (const name of REQUIRED_FILES) writeFileSync(path.join(data, name), 'x');
    writeFileSync(path.join(folder, 'cifar-10-binary.tar.gz.part'), 'x');
    writeFileSync(path.join(folder, 'mine'), 'x');
    assert.match((await lossLens('data', 'status')).stdout, /^CIFAR-10 is in /);
    assert.match((await lossLens('data', 'download')).stdout, /^CIFAR-10 is in /, 'it is downloaded again');
    assert.match((await lossLens('data', 'remove')).stdout, /^Removed CIFAR-10 from /);
    assert.deepEqual(readdirSync(folder), ['mine']);
  });

  it('say why they cannot', async () => {
    const mine = path.join(folder, 'native');
    mkdirSync(mine);
    writeFileSync(path.join(mine, 'thesis.tex'), 'x');
    const { code, stderr } = await lossLens('native', 'remove');
    assert.equal(code, 2);
    assert.match(stderr, /^loss-lens: .+ holds something that is no native backend\./);
  });

  for (const argv of [['native'], ['native', 'purge'], ['data', 'download', 'now']]) {
    it(`are wrong: ${argv.join(' ')}`, async () => {
      const { code, stderr } = await lossLens(...argv);
      assert.equal(code, 2);
      assert.match(stderr, /^loss-lens: It is loss-lens (native install|data download)\|remove\|status, not /);
    });
  }

  it('are explained with the others', async () => {
    assert.match((await lossLens('native', '--help')).stdout, /loss-lens native install\|remove\|status/);
  });

  it('are cancelled by Ctrl-C, after everything was put right', async () => {
    const terminal = fakeTerminal(folder);
    const said: string[] = [];
    const work = cancelling(
      terminal,
      async (signal) => {
        terminal.interrupt();
        terminal.interrupt();
        said.push('put right');
        signal.throwIfAborted();
        return 0;
      },
      () => said.push('cancelled'),
    );
    assert.equal(await work, INTERRUPTED);
    assert.deepEqual(said, ['put right', 'cancelled']);
  });
});
