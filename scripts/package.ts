// npm run package: builds and writes loss-lens-VERSION.vsix into the root of the repository. Made on Linux x64 it holds the
// compiled addon of the native training backend; without it, users there need a compiler for that backend.

import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from '../esbuild.mjs';
import { compiledAddon } from './lib/native.ts';
import { endEverything, endEverythingOnSignal } from './lib/processes.mjs';
import { MissingPrerequisite, root } from './lib/toolchain.mjs';
import { packageExtension } from './lib/vsix.ts';

const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
const vsix = path.join(root, `loss-lens-${version}.vsix`);

endEverythingOnSignal();

try {
  await build(path.join(root, 'dist'));
  if (`${process.platform}-${process.arch}` === 'linux-x64') {
    cpSync(await compiledAddon(console.log), path.join(root, 'dist/native/tfjs_binding-linux-x64.node'));
  } else {
    console.log('The package will hold no compiled addon of the native training backend: that is made on Linux x64.');
  }
  await packageExtension(vsix);
  console.log(
    `Packaged ${path.relative(root, vsix)}. Install it with: code --install-extension ${path.basename(vsix)}`,
  );
} catch (error) {
  console.error(error instanceof MissingPrerequisite ? error.message : error);
  process.exitCode = 1;
} finally {
  await endEverything();
}
