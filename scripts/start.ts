// npm start [-- --server] [-- --no-open] [-- --port=N]
//
// Sets up the native training backend, builds Loss Lens, prints what it says about examples/, and opens examples/ in a real VS
// Code with the extension: the desktop one where there is one, else code-server. Its profile lives in the cache folder and is
// kept from one start to the next.
//
//   --server    code-server even where there is a desktop VS Code
//   --no-open   stop after the analysis
//   --port=N    where code-server listens (default 8517, or a free port)

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../esbuild.mjs';
import {
  freePort,
  installCodeServer,
  installExtension,
  type Profile,
  quietSettings,
  startCodeServer,
  writeSettings,
} from './lib/code-server.ts';
import { findDesktop } from './lib/desktop.ts';
import { nativeFolder, setUpNative } from './lib/native.ts';
import { endEverything, endEverythingOnSignal, runToEnd } from './lib/processes.mjs';
import { cacheFolder, MissingPrerequisite, projectNode, root, toolEnvironment } from './lib/toolchain.mjs';
import { packageDigest, packageExtension } from './lib/vsix.ts';

const DEFAULT_PORT = 8517;

const { values: options } = parseArgs({
  options: {
    server: { type: 'boolean', default: false },
    'no-open': { type: 'boolean', default: false },
    port: { type: 'string', default: String(DEFAULT_PORT) },
  },
});

/** What was set up here serves the panel as well. */
const trainingEnvironment = { LOSS_LENS_NATIVE: nativeFolder };

const dist = path.join(root, 'dist');
const examples = path.join(root, 'examples');

let ending = false;
endEverythingOnSignal(() => {
  ending = true;
  say('\nEnding ...');
});

try {
  await start();
} catch (error) {
  if (!ending) console.error(error instanceof MissingPrerequisite ? error.message : error);
  process.exitCode = 1;
} finally {
  await endEverything();
}

async function start(): Promise<void> {
  await setUpNative(say);
  const started = Date.now();
  say('Building ...');
  await build(dist);
  say(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s. What Loss Lens says about examples/:\n`);
  const code = await runToEnd(projectNode(), [path.join(dist, 'cli.mjs'), 'explain', 'examples'], { cwd: root });
  if (code !== 0) throw new MissingPrerequisite(`loss-lens explain examples ended with exit code ${code}.`);
  say('');
  if (options['no-open']) return;
  const desktop = options.server ? undefined : findDesktop();
  await (desktop ? openDesktop(desktop) : serve());
}

/** Opens a window of the desktop VS Code and waits until it is closed. */
async function openDesktop(executable: string): Promise<void> {
  const profile = profileOf('desktop');
  writeSettings(profile, quietSettings);
  say(`Opening VS Code (${executable}). Close its window or press Ctrl-C here to end.`);
  await runToEnd(
    executable,
    [
      `--user-data-dir=${profile.userData}`,
      `--extensions-dir=${profile.extensions}`,
      `--extensionDevelopmentPath=${root}`,
      '--disable-workspace-trust',
      '--skip-welcome',
      '--new-window',
      // Electron refuses to run its sandbox for root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      examples,
    ],
    { env: { ...toolEnvironment(), ...trainingEnvironment }, stdio: 'ignore' },
  );
}

/** Serves VS Code with the packaged extension on 127.0.0.1 until somebody ends it. */
async function serve(): Promise<void> {
  await installCodeServer(say);
  const profile = profileOf('server');
  writeSettings(profile, quietSettings);
  await installIfChanged(profile);
  say('Starting VS Code ...');
  const port = await freePort(Number(options.port));
  const server = await startCodeServer({ profile, port, folder: examples, environment: trainingEnvironment });
  say(
    `\n  Loss Lens in VS Code:  http://127.0.0.1:${port}/\n\nOpen that address in a browser, and a file of examples/ in it. To train sum against mean, press F1 there and run\n"Loss Lens: Compare Sum vs Mean". Ctrl-C ends it.`,
  );
  await new Promise((resolve) => server.process.once('exit', resolve));
  if (ending) return;
  throw new Error(`code-server ended by itself:\n${readFileSync(server.logFile, 'utf8').slice(-2000)}`);
}

/** Packages and installs the extension when what goes into it has changed since the last start. */
async function installIfChanged(profile: Profile): Promise<void> {
  const stampFile = path.join(profile.extensions, '.loss-lens-installed');
  const vsix = path.join(cacheFolder, 'loss-lens.vsix');
  const stamp = await packageDigest();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  say('Packaging the extension and installing it into VS Code ...');
  mkdirSync(profile.extensions, { recursive: true });
  await packageExtension(vsix);
  await installExtension(vsix, profile);
  writeFileSync(stampFile, stamp);
}

function profileOf(name: string): Profile {
  const folder = path.join(cacheFolder, 'vscode', name);
  return { userData: path.join(folder, 'user-data'), extensions: path.join(folder, 'extensions') };
}

function say(line: string): void {
  console.log(line);
}
