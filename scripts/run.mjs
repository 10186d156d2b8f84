#!/usr/bin/env node
// node scripts/run.mjs NAME [argument...]
//
// Sets up what package-lock.json names where it is not there yet, then runs scripts/NAME.ts under the project's own Node.
// This file and the two it imports run on the machine's own Node, 20 or later; everything else is TypeScript for Node 24.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { endEverythingOnSignal, handOver } from './lib/processes.mjs';
import {
  install,
  isInstalled,
  MissingPrerequisite,
  projectNode,
  requireDiskSpace,
  root,
  toolEnvironment,
} from './lib/toolchain.mjs';

/** Dependencies (0.5 GB), code-server while it installs (1 GB), the native backend (1.2 GB), caches of npm and pip, bundles and profiles. */
const FIRST_SETUP_GIGABYTES = 4.5;
const LATER_GIGABYTES = 0.3;

endEverythingOnSignal();

const [name = '', ...args] = process.argv.slice(2);
const script = path.join(root, 'scripts', `${name}.ts`);

try {
  if (!existsSync(script)) throw new MissingPrerequisite(`There is no scripts/${name}.ts to run.`);
  const installed = isInstalled();
  requireDiskSpace(installed ? LATER_GIGABYTES : FIRST_SETUP_GIGABYTES);
  if (!installed) {
    const start = Date.now();
    console.log('Installing the dependencies that package-lock.json names (a minute or less) ...');
    await install();
    console.log(`Installed in ${((Date.now() - start) / 1000).toFixed(0)} s.`);
  }
  process.exitCode = await handOver(projectNode(), [script, ...args], { cwd: root, env: toolEnvironment() });
} catch (error) {
  console.error(error instanceof MissingPrerequisite ? error.message : error);
  process.exitCode = 1;
}
