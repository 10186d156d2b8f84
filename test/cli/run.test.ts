import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { run } from '../../src/cli/run.ts';
import { painter } from '../../src/cli/terminal.ts';
import { fakeTerminal } from '../support/terminal.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A sum over the batch with coupled weight decay: one loss, one finding of the severity `information`. */
const drifting = `import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

loader = DataLoader(train_set, batch_size=128)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=5e-4)
for x, y in loader:
    optimizer.zero_grad()
    loss = F.cross_entropy(net(x), y, reduction='sum')
    loss.backward()
    optimizer.step()
`;

/** The same as a mean that is divided once more: one finding of the severity `warning`. */
const divided = drifting.replace("y, reduction='sum')", 'y) / x.shape[0]').replace(', weight_decay=5e-4', '');

describe('loss-lens', function () {
  // The TypeScript parser takes a second to load.
  this.timeout(20_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(files: Record<string, string | Uint8Array>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), content);
    }
  }

  async function lossLens(...argv: string[]) {
    const terminal = fakeTerminal(folder);
    const code = await run(argv, terminal);
    return { code, stdout: terminal.stdout, stderr: terminal.stderr };
  }

  function validate(command: 'explain' | 'check', report: unknown): void {
    const schema = JSON.parse(readFileSync(path.join(root, `schema/${command}.schema.json`), 'utf8'));
    const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
    assert.ok(ajv.validate(schema, report), ajv.errorsText(ajv.errors, { separator: '\n' }));
  }

  describe('explain', () => {
    it('prints each loss with its line, its lens, its terms and its numbers', async () => {
      write({ 'train.py': drifting, 'no_loss.py': 'x = 1' });
      const { code, stdout, stderr } = await lossLens('explain', '.');
      assert.equal(code, 0);
      assert.equal(stderr, '');
      assert.match(stdout, /^train\.py\n\n {4}9 {2}loss = F\.cross_entropy\(net\(x\), y, reduction='sum'\)\n/);
      assert.match(stdout, /Σ over the batch · gradient ∝ B · SGD 0\.1 at B=128 acts as 12\.8 on a mean/);
      assert.match(stdout, /penalty +the optimiser/);
      assert.match(stdout, /learning rate +0\.1 +12\.8 × 128/);
      assert.match(stdout, /\n1 loss in 2 files\n$/);
    });

    it('prints JSON that its schema describes', async () => {
      write({ 'train.py': drifting, 'sub/broken.py': 'loss = F.cross_entropy(', 'binary.py': new Uint8Array(64) });
      const { code, stdout, stderr } = await lossLens('explain', 'train.py', 'sub', 'binary.py', '--format', 'json');
      const report = JSON.parse(stdout);
      validate('explain', report);
      assert.equal(code, 2);
      assert.match(
        stderr,
        /^sub\/broken\.py:1:\d+: cannot be parsed here: .+; the rest was analysed\nloss-lens: binary\.py is a binary file\n$/,
      );
      assert.deepEqual(
        report.files.map((file: { path: string; language: string }) => [file.path, file.language]),
        [
          ['train.py', 'python'],
          ['sub/broken.py', 'python'],
          ['binary.py', 'python'],
        ],
      );
      const [train, broken, binary] = report.files;
      const [site] = train.sites;
      assert.equal(train.sites.length, 1);
      assert.equal(site.reduction, 'sum');
      assert.ok(site.over.includes('B'));
      const [loss] = train.losses;
      assert.deepEqual(
        loss.terms.map((term: { kind: string; degrees: { B: number }; coefficient: unknown }) => [
          term.kind,
          term.degrees.B,
          term.coefficient,
        ]),
        [
          ['data', 1, 1],
          ['penalty', 0, 0.0005],
        ],
      );
      assert.equal(loss.balanceMovesWithBatch, true);
      assert.equal(loss.batchSize.value, 128);
      assert.deepEqual(loss.batchSize.where.line, 5);
      assert.equal(loss.optimizer.family, 'sgd');
      assert.equal(loss.optimizer.learningRate.value, 0.1);
      assert.equal(loss.optimizer.learningRate.where.line, 6);
      assert.equal(loss.advice.equivalentMeanLearningRate, 12.8);
      assert.equal(loss.advice.learningRateAtDoubleBatch, 0.1);
      assert.ok(broken.errors.length > 0);
      assert.deepEqual(binary.errors, [{ message: 'is a binary file', range: null }]);
    });

    it('shows numbers for an assumed batch size', async () => {
      write({ 'train.py': drifting.replace(/^loader = .*\n/m, '') });
      const { stdout } = await lossLens('explain', 'train.py', '--assume-batch-size', '64');
      assert.match(stdout, /SGD 0\.1 at B=64 \(assumed\) acts as 6\.4 on a mean/);
    });

    it('leaves tests out of a search, but not where they are named', async () => {
      write({ 'proj/train.py': drifting, 'proj/tests/test_loss.py': drifting });
      assert.match((await lossLens('explain', 'proj')).stdout, /1 loss in 2 files/);
      assert.match((await lossLens('explain', 'proj/tests/test_loss.py')).stdout, /1 loss in 1 file\n/);
    });

    it('goes on after files that cannot be read', async () => {
      write({
        'a.py': drifting,
        'utf16.py': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(drifting, 'utf16le')]),
        'data/binary.py': new Uint8Array(64),
      });
      const all = await lossLens('explain', 'missing.py', '.');
      assert.equal(all.code, 2);
      assert.equal(
        all.stderr,
        'loss-lens: missing.py does not exist\nloss-lens: data/binary.py is a binary file\nloss-lens: utf16.py is read as UTF-16\n',
      );
      assert.match(all.stdout, /2 losses in 2 files/);
      assert.equal((await lossLens('explain', '.')).code, 0);
    });

    it('survives whatever a file holds', async () => {
      write({
        'empty.py': '',
        'mixed_tabs.py': 'def f():\n\tif x:\n        return 1\n\treturn 2\n',
        'unterminated.py': 'x = """ no end\n',
        'deep.py': `x = ${'('.repeat(5000)}1${')'.repeat(5000)}`,
        'deep.ts': `const x = ${'['.repeat(5000)}1${']'.repeat(5000)};`,
        'unterminated.ts': 'const s = `no end ${',
        'half.tsx': 'const a = <div>{tf.mean(',
        'long.py': `x = [${'1, '.repeat(300_000)}]`,
      });
      const { code, stdout } = await lossLens('explain', '.', '--format', 'json');
      const report = JSON.parse(stdout);
      validate('explain', report);
      assert.equal(code, 2);
      assert.equal(report.files.length, 8);
    }).timeout(60_000);
  });

  it('reads 10,000 lines with 700 losses in seconds', async () => {
    const [imports = '', loop = ''] = drifting.split(/(?=^loader)/m);
    write({ 'long.py': imports + `${loop}${'\n'.repeat(7)}`.repeat(715) });
    const start = performance.now();
    const { stdout } = await lossLens('explain', 'long.py', '--format', 'json');
    assert.ok(performance.now() - start < 10_000);
    assert.equal(JSON.parse(stdout).files[0].losses.length, 715);
  });

  describe('check', () => {
    it('prints findings in the form that editors link', async () => {
      write({ 'train.py': divided });
      const { code, stdout } = await lossLens('check', 'train.py');
      assert.equal(code, 1);
      assert.match(stdout, /^train\.py:9:\d+: warning: .+ \[mean-divided-by-batch\]\n/);
      assert.match(stdout, /\n1 finding in 1 file\n$/);
    });

    it('prints JSON that its schema describes', async () => {
      write({ 'train.py': drifting });
      const { stdout } = await lossLens('check', 'train.py', '--format', 'json');
      const report = JSON.parse(stdout);
      validate('check', report);
      const [finding] = report.findings;
      assert.equal(finding.rule, 'penalty-drifts-with-batch');
      assert.equal(finding.path, 'train.py');
      assert.equal(finding.range.start.line, 9);
      assert.equal(finding.related[0].range.start.line, 6);
    });

    it('fails at the severity that it is told to', async () => {
      write({ 'train.py': drifting });
      assert.equal((await lossLens('check', 'train.py')).code, 0);
      assert.equal((await lossLens('check', 'train.py', '--fail-on', 'information')).code, 1);
      write({ 'train.py': divided });
      assert.equal((await lossLens('check', 'train.py', '--fail-on', 'error')).code, 0);
    });

    it('is clean where nothing is wrong', async () => {
      write({ 'train.py': 'x = 1' });
      assert.deepEqual(await lossLens('check', '.'), { code: 0, stdout: 'No findings in 1 file\n', stderr: '' });
    });
  });

  for (const command of ['explain', 'check']) {
    it(`says where a file cannot be parsed, and ${command} ends with 2`, async () => {
      write({ 'broken.py': `${drifting}x = = 1\n` });
      const { code, stdout, stderr } = await lossLens(command, 'broken.py');
      assert.equal(code, 2);
      assert.match(stderr, /^broken\.py:12:\d+: cannot be parsed here: ‘x = = 1’; the rest was analysed\n$/);
      assert.match(stdout, /1 (loss|finding) in 1 file\n$/);
    });

    it(`says which languages are read where ${command} gets another`, async () => {
      write({ 'notes.txt': 'x' });
      const named = await lossLens(command, 'notes.txt');
      assert.equal(named.code, 2);
      assert.equal(named.stdout, '');
      assert.match(
        named.stderr,
        /^loss-lens: notes\.txt is not supported: .*Python, TypeScript and JavaScript \(\.py /,
      );
      const searched = await lossLens(command, '.');
      assert.equal(searched.code, 0);
      assert.equal(searched.stdout, '');
      assert.match(searched.stderr, /^loss-lens: nothing to read here: .*Python/);
    });
  }

  describe('usage', () => {
    const wrong: [argv: string[], message: RegExp][] = [
      [['explain'], /A path is missing: loss-lens explain PATH\.\.\./],
      [['explian', 'a.py'], /There is no command "explian" here: use explain, check, train, native or data/],
      [['--loud', 'train'], /There is no option --loud/],
      [['--format', 'json'], /A command is missing/],
      [['explain', 'a.py', '--format', 'xml'], /--format is one of text, json, not "xml"/],
      [['check', 'a.py', '--fail-on', 'never'], /--fail-on is one of information, warning, error/],
      [['explain', 'a.py', '--fail-on', 'error'], /--fail-on belongs to check/],
      [['explain', 'a.py', '--assume-batch-size', '0'], /a whole number from 1/],
      [['explain', 'a.py', '--loud'], /^loss-lens: There is no option --loud\. See loss-lens --help\.\n$/],
      [['check', '-x', 'a.py'], /There is no option -x\./],
    ];
    for (const [argv, message] of wrong) {
      it(`is wrong: ${argv.join(' ')}`, async () => {
        const { code, stdout, stderr } = await lossLens(...argv);
        assert.equal(code, 2);
        assert.equal(stdout, '');
        assert.match(stderr, message);
      });
    }

    it('is shown when asked for, and without arguments', async () => {
      const help = await lossLens('--help');
      assert.equal(help.code, 0);
      assert.match(help.stdout, /^Explains .*\n\nUsage\n/);
      assert.deepEqual(await lossLens(), help);
      assert.deepEqual(await lossLens('explain', '--help'), help);
    });

    it('has a version', async () => {
      const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
      assert.deepEqual(await lossLens('--version'), { code: 0, stdout: `${version}\n`, stderr: '' });
    });
  });

  it('is a process that ends quietly when its reader leaves', function () {
    if (process.platform === 'win32') this.skip();
    write(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`train${i}.py`, drifting])));
    const command = `"${process.execPath}" "${path.join(root, 'src/cli/main.ts')}" explain . --format json | head -c 10`;
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
    assert.equal(stdout.length, 10);
    assert.equal(stderr, '');
  });

  it('is painted where colours are wanted', () => {
    assert.equal(painter(true)('bold', 'x'), '\u001b[1mx\u001b[22m');
    assert.equal(painter(false)('bold', 'x'), 'x');
  });

  it('is a process with an exit code, and without colours in a pipe', () => {
    write({ 'train.py': divided });
    const { status, stdout } = spawnSync(process.execPath, [path.join(root, 'src/cli/main.ts'), 'check', 'train.py'], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stdout, /^train\.py:9:\d+: warning: /);
  });
});
