// A real VS Code without a desktop: code-server, installed from npm into the cache folder and run on 127.0.0.1.

import type { ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  globSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endGroup, runQuietly, startGroup } from './processes.mjs';
import { cacheFolder, MissingPrerequisite, npm, projectNode, requireDiskSpace, toolEnvironment } from './toolchain.mjs';

/** code-server 4.139 is VS Code 1.139. */
const VERSION = '4.139.1';
const INSTALL_GIGABYTES = 1.5;
const home = path.join(cacheFolder, `code-server-${VERSION}`);

/** What neither the user nor the tests of this extension ever touch: half of the size. */
const unneeded = ['node_modules/@github/copilot-sdk-*', 'node_modules/@microsoft/mxc-sdk', 'extensions/copilot'];

export interface Profile {
  readonly userData: string;
  readonly extensions: string;
}

export interface CodeServer {
  readonly port: number;
  readonly process: ChildProcess;
  readonly logFile: string;
  end(): Promise<void>;
}

export function isCodeServerInstalled(): boolean {
  return existsSync(home);
}

/** Installs code-server once; a half-finished installation is never taken for a whole one. */
export async function installCodeServer(say: (line: string) => void): Promise<void> {
  if (isCodeServerInstalled()) return;
  if (process.platform === 'win32') {
    throw new MissingPrerequisite(
      'code-server does not run on Windows: install the desktop VS Code (https://code.visualstudio.com) instead.',
    );
  }
  requireDiskSpace(INSTALL_GIGABYTES);
  const start = Date.now();
  say('Installing code-server, a real VS Code that runs in the browser (about 40 s) ...');
  const partial = `${home}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  writeFileSync(path.join(partial, 'package.json'), '{ "private": true }\n');

  const vscode = path.join(partial, 'node_modules/code-server/lib/vscode');
  const install = ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  await npmInstall([...install, '--save-exact', `code-server@${VERSION}`], partial);
  // The rest is code-server's own post-install script, without the compiler that it asks for.
  await npmInstall(install, vscode);
  await npmInstall(install, path.join(vscode, 'extensions'));
  const system = process.platform === 'darwin' ? 'darwin' : 'linux';
  link(`code-${system}.sh`, path.join(vscode, 'bin/remote-cli/code-server'));
  link(`browser-${system}.sh`, path.join(vscode, 'bin/helpers/browser.sh'));
  removeUnneeded(vscode);

  renameSync(partial, home);
  say(`Installed code-server ${VERSION} in ${((Date.now() - start) / 1000).toFixed(0)} s.`);
}

/** Puts a packaged extension into a profile. */
export async function installExtension(vsix: string, profile: Profile): Promise<void> {
  await runQuietly(
    'code-server could not install the extension',
    projectNode(),
    [entry(), ...profileArguments(profile), '--force', '--install-extension', vsix],
    { env: toolEnvironment() },
  );
}

/**
 * Starts code-server and waits until it answers.
 *
 * `developmentPayload` makes the workbench honour extensionDevelopmentPath and extensionTestsPath in an address's payload, which
 * a built workbench otherwise ignores; the price is that notification toasts stay hidden.
 *
 * `workspaceTrust` lets the setting `security.workspace.trust.enabled` decide; otherwise every workspace is trusted.
 */
export async function startCodeServer(options: {
  readonly profile: Profile;
  readonly port: number;
  readonly folder?: string;
  readonly developmentPayload?: boolean;
  readonly workspaceTrust?: boolean;
  readonly environment?: NodeJS.ProcessEnv;
}): Promise<CodeServer> {
  const { profile, port } = options;
  mkdirSync(profile.userData, { recursive: true });
  mkdirSync(profile.extensions, { recursive: true });
  const logFile = path.join(profile.userData, 'code-server.log');
  const log = openSync(logFile, 'w');
  const child = startGroup(
    projectNode(),
    [
      entry(),
      ...profileArguments(profile),
      '--bind-addr',
      `127.0.0.1:${port}`,
      '--auth',
      'none',
      '--disable-telemetry',
      '--disable-update-check',
      ...(options.workspaceTrust ? [] : ['--disable-workspace-trust']),
      '--disable-getting-started-override',
      '--disable-proxy',
      '--reconnection-grace-time',
      '5',
      ...(options.developmentPayload ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
      ...(options.folder ? [options.folder] : []),
    ],
    { env: { ...toolEnvironment(), ...options.environment }, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const server: CodeServer = { port, process: child, logFile, end: () => endGroup(child) };
  await untilHealthy(server);
  return server;
}

/** `preferred` if nothing listens there, else any free port. */
export async function freePort(preferred = 0): Promise<number> {
  for (const port of [preferred, 0]) {
    const found = await new Promise<number | undefined>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(undefined));
      probe.listen(port, '127.0.0.1', () => {
        const address = probe.address();
        probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
      });
    });
    if (found !== undefined) return found;
  }
  throw new Error('No port of 127.0.0.1 is free.');
}

/** Writes the settings of a fresh profile; a profile that somebody has used keeps its own. */
export function writeSettings(profile: Profile, settings: Readonly<Record<string, unknown>>): void {
  const file = path.join(profile.userData, 'User/settings.json');
  if (existsSync(file)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(settings, null, 2)}\n`);
}

/**
 * Keeps the screen to the editor: no welcome pages, recommendations, chat, updates or look-ups in the network, and no complaints that
 * the packages which examples/ imports are not installed.
 */
export const quietSettings: Readonly<Record<string, unknown>> = {
  'chat.disableAIFeatures': true,
  'editor.minimap.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'javascript.validate.enable': false,
  'json.schemaDownload.enable': false,
  'npm.fetchOnlinePackageInfo': false,
  'remote.autoForwardPorts': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'typescript.disableAutomaticTypeAcquisition': true,
  'typescript.surveys.enabled': false,
  'typescript.validate.enable': false,
  'update.mode': 'none',
  'window.autoDetectColorScheme': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.settings.enableNaturalLanguageSearch': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

function entry(): string {
  return path.join(home, 'node_modules/code-server/out/node/entry.js');
}

function profileArguments(profile: Profile): string[] {
  // A configuration file of its own: the user's ~/.config/code-server is neither read nor written.
  const config = path.join(profile.userData, 'code-server.yaml');
  return ['--config', config, '--user-data-dir', profile.userData, '--extensions-dir', profile.extensions];
}

async function npmInstall(args: string[], folder: string): Promise<void> {
  const [command, commandArguments] = npm(args);
  await runQuietly('npm could not install code-server', command, commandArguments, {
    cwd: folder,
    env: toolEnvironment(),
  });
}

function link(target: string, file: string): void {
  rmSync(file, { force: true });
  symlinkSync(target, file);
}

function removeUnneeded(vscode: string): void {
  const doomed = globSync(unneeded, { cwd: vscode }).map((name) => path.join(vscode, name));
  // Native programs for other machines than this one.
  for (const folder of ['node_modules/@vscode/ripgrep-universal/bin', 'node_modules/node-pty/prebuilds']) {
    const absolute = path.join(vscode, folder);
    if (!existsSync(absolute)) continue;
    for (const name of readdirSync(absolute)) {
      if (name !== `${process.platform}-${process.arch}`) doomed.push(path.join(absolute, name));
    }
  }
  for (const file of doomed) rmSync(file, { recursive: true, force: true });
}

async function untilHealthy(server: CodeServer): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && server.process.exitCode === null) {
    try {
      if ((await fetch(`http://127.0.0.1:${server.port}/healthz`)).ok) return;
    } catch {
      // Not listening yet.
    }
    await sleep(100);
  }
  await server.end();
  throw new Error(`code-server did not start:\n${readFileSync(server.logFile, 'utf8').slice(-4000)}`);
}
