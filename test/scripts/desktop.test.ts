import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findDesktop } from '../../scripts/lib/desktop.ts';

describe('the desktop VS Code of the machine', () => {
  const { PATH, DISPLAY, WAYLAND_DISPLAY } = process.env;
  let folder: string;

  beforeEach(function () {
    if (process.platform !== 'linux') this.skip();
    folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-desktop-'));
    mkdirSync(path.join(folder, 'opt/code/bin'), { recursive: true });
    mkdirSync(path.join(folder, 'bin'));
    writeFileSync(path.join(folder, 'opt/code/code'), '');
    writeFileSync(path.join(folder, 'opt/code/bin/code'), '');
    symlinkSync('../opt/code/bin/code', path.join(folder, 'bin/code'));
    process.env.PATH = path.join(folder, 'bin');
    process.env.DISPLAY = ':0';
  });

  afterEach(() => {
    Object.assign(process.env, { PATH, DISPLAY, WAYLAND_DISPLAY });
    for (const [name, value] of Object.entries({ DISPLAY, WAYLAND_DISPLAY })) {
      if (value === undefined) delete process.env[name];
    }
    if (folder) rmSync(folder, { recursive: true });
  });

  it('is found behind the script on PATH', () => {
    assert.equal(findDesktop(), path.join(folder, 'opt/code/code'));
  });

  it('does not count where no window can be shown', () => {
    delete process.env.DISPLAY;
    delete process.env.WAYLAND_DISPLAY;
    assert.equal(findDesktop(), undefined);
  });
});
