import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkWritable, RunFileError, readRun, saveRun } from '../../src/training/run-file.ts';
import { savedRun } from './support/saved-run.ts';

describe('a run file', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-run-file-'));
    file = path.join(folder, 'a.lossrun.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const refuses = (work: Promise<unknown>, message: RegExp) =>
    assert.rejects(work, (error: Error) => error instanceof RunFileError && message.test(error.message));

  it('gives back the run that was saved, with numbers that JSON does not have', async () => {
    const run = savedRun({ loss: Number.POSITIVE_INFINITY });
    await saveRun(file, run);
    assert.deepEqual(await readRun(file), run);
  });

  it('replaces an earlier one, and leaves nothing else in its folder', async () => {
    await saveRun(file, savedRun({ loss: 1 }));
    await saveRun(file, savedRun({ loss: 2 }));
    assert.deepEqual(await readRun(file), savedRun({ loss: 2 }));
    assert.deepEqual(readdirSync(folder), ['a.lossrun.json']);
  });

  it('holds weights of millions of numbers', async () => {
    const variables = { w: Buffer.alloc(12_000_000, 1).toString('base64') };
    const run = { ...savedRun(), state: { step: 1, arms: ['mean'], variables } };
    await saveRun(file, run);
    assert.ok((await readRun(file)).state.variables.w === variables.w);
  });

  it('stays as it was where the new one cannot be written', async () => {
    mkdirSync(path.join(folder, 'b.lossrun.json'));
    writeFileSync(path.join(folder, 'b.lossrun.json/inside'), '');
    await refuses(saveRun(path.join(folder, 'b.lossrun.json'), savedRun()), /cannot be saved to .*b\.lossrun\.json/);
    assert.deepEqual(readdirSync(folder), ['b.lossrun.json']);
  });

  it('is tried before anything is trained', async () => {
    await checkWritable(file);
    assert.deepEqual(readdirSync(folder), []);
    await refuses(checkWritable(path.join(folder, 'none/a.lossrun.json')), /its folder does not exist/);
    await refuses(checkWritable(folder), /is a folder: name a file in it/);
    writeFileSync(path.join(folder, 'plain'), '');
    await refuses(checkWritable(path.join(folder, 'plain/a.lossrun.json')), /its folder is no folder/);
  });

  it('is refused where it may not be written', async function () {
    if (process.platform === 'win32' || process.getuid?.() === 0) this.skip();
    mkdirSync(path.join(folder, 'closed'), { mode: 0o500 });
    await refuses(checkWritable(path.join(folder, 'closed/a.lossrun.json')), /permission is denied/);
  });

  it('is rid of what killed processes left of it, but not of what others write', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(`${file}.${pid}.part`, '{');
    writeFileSync(`${file}.${process.ppid}.part`, '{');
    await checkWritable(file);
    assert.deepEqual(readdirSync(folder), [`a.lossrun.json.${process.ppid}.part`]);
  });

  const damaged: readonly (readonly [what: string, text: string, message: RegExp])[] = [
    ['is cut off', '{"format":"loss-lens-run"', /is no JSON/],
    ['is something else', '{"name":"x"}', /is no saved run of Loss Lens/],
    ['is no object', 'null', /is no saved run of Loss Lens/],
    ['is newer', '{"format":"loss-lens-run","version":2}', /newer Loss Lens, in version 2/],
    ['lacks a part', '{"format":"loss-lens-run","version":1}', /is a damaged run: started: /],
  ];
  for (const [what, text, message] of damaged) {
    it(`is refused where it ${what}`, async () => {
      writeFileSync(file, text);
      await refuses(readRun(file), message);
    });
  }

  it('is refused where its weights are no base64', async () => {
    await saveRun(file, savedRun());
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"w":"[^"]*"/, '"w":"?"'));
    await refuses(readRun(file), /state\.variables\.w: not base64/);
  });

  it('is refused where it does not exist, is a folder, or is too large', async () => {
    await refuses(readRun(file), /does not exist/);
    await refuses(readRun(folder), /is no file/);
    writeFileSync(file, '');
    truncateSync(file, 1e9);
    await refuses(readRun(file), /has 1000 MB, which is too large for a run/);
  });
});
