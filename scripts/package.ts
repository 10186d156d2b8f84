// npm run package: builds and writes loss-lens-VERSION.vsix into the root of the repository.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from '../esbuild.mjs';
import { root } from './lib/toolchain.mjs';
import { packageExtension } from './lib/vsix.ts';

const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
const vsix = path.join(root, `loss-lens-${version}.vsix`);

await build(path.join(root, 'dist'));
await packageExtension(vsix);
console.log(`Packaged ${path.relative(root, vsix)}. Install it with: code --install-extension ${path.basename(vsix)}`);
