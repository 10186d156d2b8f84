import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decode, findFiles, languageOf, readSource } from '../../src/workspace/files.ts';

describe('files', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-files-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(files: Record<string, string | Uint8Array>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), content);
    }
  }

  async function find(paths: string[], cwd = folder): Promise<string[]> {
    const { files, problems } = await findFiles(paths, cwd);
    assert.deepEqual(problems, []);
    return files.map((file) => file.path);
  }

  it('know their language by the extension', () => {
    assert.deepEqual(['a.py', 'a.PY', 'a.tsx', 'a.mjs', 'a.json', 'Makefile'].map(languageOf), [
      'python',
      'python',
      'typescript',
      'javascript',
      null,
      null,
    ]);
  });

  it('are found in folders, in order, without third-party code, hidden folders, declarations and links', async () => {
    write({
      'b.py': '',
      'a.ts': '',
      'sub/c.jsx': '',
      'types.d.ts': '',
      'readme.md': '',
      'node_modules/x/x.js': '',
      '.venv/y.py': '',
      'venv/z.py': '',
    });
    symlinkSync(folder, path.join(folder, 'loop'));
    assert.deepEqual(await find(['.']), ['a.ts', 'b.py', 'sub/c.jsx']);
  });

  it('keep the path as it was given, each once', async () => {
    write({ 'sub/a.py': '' });
    const absolute = path.join(folder, 'sub', 'a.py');
    const { files } = await findFiles(['sub', './sub/a.py', absolute, 'sub/'], folder);
    assert.deepEqual(files, [
      { path: 'sub/a.py', within: 'a.py' },
      { path: './sub/a.py', within: null },
      { path: absolute, within: null },
    ]);
  });

  it('respect ignore files, nested and above, up to the root of the repository', async () => {
    write({
      '.gitignore': 'everything.py',
      'repo/.git/HEAD': '',
      'repo/.gitignore': 'build/\n*.gen.py\n',
      'repo/everything.py': '',
      'repo/build/a.py': '',
      'repo/src/.gitignore': '/local.py\n!kept.gen.py\n',
      'repo/src/local.py': '',
      'repo/src/kept.gen.py': '',
      'repo/src/other.gen.py': '',
      'repo/src/deep/local.py': '',
    });
    const expected = ['deep/local.py', 'kept.gen.py'];
    assert.deepEqual(await find(['repo']), ['repo/everything.py', ...expected.map((name) => `repo/src/${name}`)]);
    assert.deepEqual(await find(['.'], path.join(folder, 'repo/src')), expected);
  });

  it('are taken although they are ignored when they are named', async () => {
    write({ '.git/HEAD': '', '.gitignore': 'build/', 'build/a.py': '' });
    assert.deepEqual(await find(['build']), ['build/a.py']);
    assert.deepEqual(await find(['build/a.py']), ['build/a.py']);
    assert.deepEqual(await find(['.']), []);
  });

  it('that do not exist or are in no known language are said, and the others are found', async () => {
    write({ 'a.py': '', 'notes.txt': '' });
    const { files, problems } = await findFiles(['missing.py', 'notes.txt', 'a.py'], folder);
    assert.deepEqual(files, [{ path: 'a.py', within: null }]);
    assert.deepEqual(
      problems.map(({ path: name, message }) => `${name} ${message}`),
      [
        'missing.py does not exist',
        'notes.txt is not a file that can be read: .py .ts .tsx .mts .cts .js .jsx .mjs .cjs',
      ],
    );
  });

  it('are read, and what cannot be read says why', async () => {
    write({ 'a.py': 'x = 1', 'binary.py': new Uint8Array(9000), 'large.py': 'a'.repeat(5 * 1024 * 1024 + 1) });
    const read = (name: string) => readSource(path.join(folder, name));
    assert.deepEqual(await read('a.py'), { text: 'x = 1', encoding: 'UTF-8' });
    assert.deepEqual(await read('binary.py'), { text: null, reason: 'unsuitable', message: 'is a binary file' });
    assert.deepEqual(await read('large.py'), {
      text: null,
      reason: 'unsuitable',
      message: 'is too large to be read: 5.0 MB, and 5 MB is the limit',
    });
    assert.deepEqual(await read('missing.py'), { text: null, reason: 'unreadable', message: 'does not exist' });
    const { text, ...problem } = await readSource(folder);
    assert.equal(text, null);
    assert.match(JSON.stringify(problem), /"unreadable".*cannot be read: EISDIR/);
  });

  it('are decoded by their byte order mark, as UTF-8, or as Latin-1', () => {
    const utf16 = Buffer.from('loss = é', 'utf16le');
    assert.deepEqual(decode(Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])), {
      text: 'loss = é',
      encoding: 'UTF-16',
    });
    assert.deepEqual(decode(Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()])), {
      text: 'loss = é',
      encoding: 'UTF-16',
    });
    assert.deepEqual(decode(Buffer.from('loss = 1', 'utf16le')), {
      text: null,
      reason: 'unsuitable',
      message: 'looks like UTF-16 without a byte order mark: save it as UTF-8',
    });
    assert.deepEqual(decode(Buffer.from('\uFEFFπ')), { text: 'π', encoding: 'UTF-8' });
    assert.deepEqual(decode(Buffer.from('é', 'latin1')), { text: 'é', encoding: 'Latin-1' });
    assert.deepEqual(decode(new Uint8Array()), { text: '', encoding: 'UTF-8' });
  });
});
