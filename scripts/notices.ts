// npm run notices: builds, and writes THIRD-PARTY-NOTICES.md, the licences of the packages that the bundles contain.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from '../esbuild.mjs';
import { bundledPackages, notices, noticesFile } from './lib/notices.ts';
import { root } from './lib/toolchain.mjs';

const packages = bundledPackages(await build(path.join(root, 'dist')));
writeFileSync(noticesFile, notices(packages));
console.log(`Wrote the notices of ${packages.length} packages.`);
