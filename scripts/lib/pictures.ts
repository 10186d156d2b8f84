// What the scripts that take pictures of VS Code share: a throw-away profile with the packaged extension.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../esbuild.mjs';
import { ensureChromium } from './chromium.ts';
import { installCodeServer, installExtension, type Profile } from './code-server.ts';
import { atTheEnd } from './processes.mjs';
import { cacheFolder, root } from './toolchain.mjs';
import { packageExtension } from './vsix.ts';

export interface Studio {
  readonly profile: Profile;
  /** Written anew for each theme. */
  readonly settingsFile: string;
  /** The browser. */
  readonly chromium: string;
}

/** Builds and installs everything; the profile is removed at the end. */
export async function prepareStudio(): Promise<Studio> {
  await installCodeServer(console.log);
  const chromium = await ensureChromium(console.log);
  const temporary = mkdtempSync(path.join(tmpdir(), 'loss-lens-screenshots-'));
  atTheEnd(() => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }));
  const profile = { userData: path.join(temporary, 'user-data'), extensions: path.join(temporary, 'extensions') };
  mkdirSync(path.join(profile.userData, 'User'), { recursive: true });
  mkdirSync(profile.extensions);
  await build(path.join(root, 'dist'));
  const vsix = path.join(cacheFolder, 'loss-lens.vsix');
  await packageExtension(vsix);
  await installExtension(vsix, profile);
  return { profile, settingsFile: path.join(profile.userData, 'User/settings.json'), chromium };
}
