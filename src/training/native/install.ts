/**
 * Installs tfjs-node, the binding of TensorFlow's native library, into a folder of its own.
 *
 * Its own set-up is tried first; it downloads the library from a host of its own. Where that fails, the library comes out of a
 * wheel of the Python package index, and the small addon between Node and the library is the one that our package ships, or is
 * compiled. Everything is downloaded by the user's own npm and pip, with their settings, against checksums that we carry.
 *
 * All happens in a staging folder, which gets its final name when tfjs-node has loaded and computed in it.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  holding,
  type Installation,
  NativeProblem,
  nativeStatus,
  putInPlace,
  refuseForeign,
  removeLeftovers,
  removeTree,
  sayingWhy,
  siblingOf,
} from './folder.ts';
import { type Platform, platformNamed, type Wheel } from './platforms.ts';
import { type Ended, run } from './processes.ts';

export interface Progress {
  readonly phase: 'waiting' | 'packages' | 'own set-up' | 'download' | 'unpacking' | 'addon' | 'checking';
  /** One line for the user. */
  readonly message: string;
  /** How much of this phase is done, between 0 and 1, where that is known. */
  readonly fraction?: number;
}

export interface InstallOptions {
  readonly folder: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the programs that run, removes what they wrote, and rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The ways to try, in this order; both by default. */
  readonly ways?: readonly Installation['way'][];
  /** A compiled addon for this platform; by default the one that our package ships, null to compile it. */
  readonly addon?: string | null;
  /** What differs from this machine in tests. */
  readonly machine?: Partial<Machine>;
}

export interface Machine {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: Platform;
  /** Free bytes of the disk that holds an existing folder. */
  readonly freeBytes: (folder: string) => Promise<number>;
}

/** Measured: 1.14 GB while it installs, 0.93 GB afterwards. */
const NEEDED_BYTES = 1.3e9;

const MINUTE = 60_000;
/** The ordinary way may hang on a host that does not answer; 150 MB at 3 Mbit/s fit in. */
const ORDINARY_LIMIT_MS = 8 * MINUTE;
const NPM_LIMIT_MS = 10 * MINUTE;
const DOWNLOAD_LIMIT_MS = 60 * MINUTE;
const LIMIT_MS = 3 * MINUTE;

/** The version of Node-API that the addon is written for: every Node since 12 has it, and tfjs-node looks for no newer one. */
const NODE_API = 8;
const PACKAGE = 'node_modules/@tensorflow/tfjs-node';
const ADDON = `${PACKAGE}/lib/napi-v${NODE_API}/tfjs_binding.node`;
const LIBRARIES = `${PACKAGE}/deps/lib`;
const HEADERS = `${PACKAGE}/deps/include`;

/** What an installation starts from, in our package. */
const RECIPE_FILES = ['package.json', 'package-lock.json', 'load.cjs', 'check.cjs'];

/** The folder of our package: bundles lie in its dist/, sources three folders deep. */
const ownPackage = ['../', '../../../']
  .map((above) => fileURLToPath(new URL(above, import.meta.url)))
  .find((folder) => existsSync(path.join(folder, 'native/package-lock.json')));

/** The compiled addon that our package ships for a platform; null where it ships none. */
function shippedAddon(platform: Platform): string | null {
  const file = path.join(ownPackage ?? '', `dist/native/tfjs_binding-${platform.name}.node`);
  return existsSync(file) ? file : null;
}

/** What all steps of one installation share. */
interface Step extends Machine {
  readonly staging: string;
  readonly signal: AbortSignal;
  readonly say: (phase: Progress['phase'], message: string, fraction?: number) => void;
}

/**
 * Installs the native backend into `folder`, or returns at once where it is installed already. Another process that does the
 * same is waited for.
 *
 * @throws NativeProblem where that is not possible here: one line for each way that was tried
 */
export async function installNative(options: InstallOptions): Promise<Installation> {
  const folder = path.resolve(options.folder);
  const machine: Machine = {
    env: process.env,
    platform: platformNamed(`${process.platform}-${process.arch}`),
    freeBytes: async (existing) => statfs(existing).then(({ bavail, bsize }) => bavail * bsize),
    ...options.machine,
  };
  const signal = options.signal ?? new AbortController().signal;
  const say: Step['say'] = (phase, message, fraction) =>
    options.onProgress?.({ phase, message, ...(fraction !== undefined && { fraction }) });
  return sayingWhy(async () => {
    const recipe = await recipeFor(machine.platform);
    const installed = (): Installation | null => {
      const there = nativeStatus(folder);
      return there?.recipe === recipe ? there : null;
    };
    const earlier = installed();
    if (earlier) return earlier;
    const onWait = (pid: number): void => say('waiting', `Process ${pid} is installing into the same folder: waiting`);
    return holding(folder, { signal, onWait }, async () => {
      const meanwhile = installed();
      if (meanwhile) return meanwhile;
      await refuseForeign(folder);
      await removeLeftovers(folder);
      await requireSpace(folder, machine);
      const staging = siblingOf(folder, 'staging');
      try {
        await mkdir(staging);
        const result = await fill({ ...machine, staging, signal, say }, options);
        const installation = { ...result, recipe, files: await neededFiles(staging) };
        await putInPlace(staging, folder, installation);
        return installation;
      } finally {
        await removeTree(staging);
      }
    });
  });
}

async function recipeFor(platform: Platform): Promise<string> {
  const hash = createHash('sha256').update(platform.wheel?.sha256 ?? '');
  for (const name of RECIPE_FILES) hash.update(await readFile(recipeFile(name)));
  return hash.digest('hex');
}

function recipeFile(name: string): string {
  if (!ownPackage) throw new NativeProblem('The folder native/ of Loss Lens is missing: install Loss Lens again.');
  return path.join(ownPackage, 'native', name);
}

async function requireSpace(folder: string, { freeBytes }: Machine): Promise<void> {
  const free = await freeBytes(path.dirname(folder));
  if (free >= NEEDED_BYTES) return;
  throw new NativeProblem(
    `The native backend needs ${gigabytes(NEEDED_BYTES)} of free disk space at ${path.dirname(folder)} while it is being ` +
      `installed, and only ${gigabytes(free)} is free.`,
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Tries one way after the other in the staging folder. */
async function fill(
  step: Step,
  { ways = ['ordinary', 'wheel'], addon = shippedAddon(step.platform) }: InstallOptions,
): Promise<Pick<Installation, 'tfjsNode' | 'tensorflow' | 'way' | 'addon'>> {
  for (const name of RECIPE_FILES) await copyFile(recipeFile(name), path.join(step.staging, name));
  step.say('packages', `Installing tfjs-node${step.platform.tested ? '' : ` (untested on ${step.platform.name})`}`);
  await npm(step, ['ci', '--ignore-scripts'], NPM_LIMIT_MS);
  const failures: string[] = [];
  for (const way of ways) {
    try {
      const source = way === 'ordinary' ? await installOrdinarily(step) : await installFromWheel(step, addon);
      return { way, ...source, tfjsNode: await versionOf(step.staging) };
    } catch (error) {
      if (!(error instanceof NativeProblem)) throw error;
      failures.push(`${way === 'ordinary' ? "tfjs-node's own set-up" : 'TensorFlow from its wheel'}: ${error.message}`);
    }
  }
  throw new NativeProblem(failures.join('\n'));
}

type Source = Pick<Installation, 'addon' | 'tensorflow'>;

async function installOrdinarily(step: Step): Promise<Source> {
  step.say('own set-up', 'Letting its own set-up download TensorFlow');
  // npm refuses scripts that package.json does not allow; an older npm runs this one all the same.
  await npm(step, ['rebuild', '@tensorflow/tfjs-node', '--ignore-scripts=false'], ORDINARY_LIMIT_MS);
  return { addon: 'downloaded', tensorflow: await check(step) };
}

async function installFromWheel(step: Step, addon: string | null): Promise<Source> {
  const { platform, staging, say } = step;
  const { wheel } = platform;
  if (!wheel) throw new NativeProblem(`there is no wheel that can be used on ${platform.name}`);
  // What the other way may have left there.
  for (const part of ['deps', 'lib']) await removeTree(path.join(staging, PACKAGE, part));
  const downloads = path.join(staging, 'downloads');
  try {
    const file = await download(step, wheel, downloads);
    say('unpacking', 'Checking and unpacking the TensorFlow library');
    await requireChecksum(file, wheel, step.signal);
    await unpack(step, file, wheel);
  } finally {
    await removeTree(downloads);
  }
  const source = await addAddon(step, wheel, addon);
  await removeTree(path.join(staging, HEADERS));
  return source;
}

/** Runs the user's npm in the staging folder: the one that runs us where there is one, else the one on PATH. */
async function npm(step: Step, args: readonly string[], limitMs: number): Promise<void> {
  const script = step.env.npm_execpath;
  const [command, prefix] =
    script && /npm-cli\.c?js$/.test(script)
      ? [process.execPath, [script]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'npm']]
        : ['npm', []];
  // A surrounding npm names its own project in the environment. Where no registry answers, more tries would take minutes.
  const project = ['--prefix', step.staging, '--prefer-offline', '--fetch-retries=1', '--no-audit', '--no-fund'];
  const all = [...prefix, ...args, ...project];
  demand('npm', await runIn(step, command, all, limitMs));
}

/** Lets the user's pip download the wheel, and tells how far it is. */
async function download(step: Step, wheel: Wheel, folder: string): Promise<string> {
  await mkdir(folder);
  const megabytes = Math.round(wheel.bytes / 1e6);
  const message = `Downloading TensorFlow ${wheel.version} (${megabytes} MB) with pip`;
  step.say('download', message, 0);
  let over = false;
  const watch = setInterval(async () => {
    const bytes = await bytesIn(folder);
    if (!over) step.say('download', message, Math.min(1, bytes / wheel.bytes));
  }, 500);
  try {
    // pip is asked for another machine's Python, so that it does not matter which one it runs on.
    const target = ['--python-version', '3.10', '--implementation', 'cp', '--abi', 'cp310', '--platform', wheel.tag];
    const choice = ['--no-deps', '--only-binary=:all:', ...target, `${wheel.project}==${wheel.version}`];
    const args = ['-m', 'pip', 'download', '--quiet', '--no-cache-dir', '--dest', folder, ...choice];
    const env = { PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1', TMPDIR: folder };
    demand('pip', await runIn(step, 'python3', args, DOWNLOAD_LIMIT_MS, env));
  } finally {
    over = true;
    clearInterval(watch);
  }
  const name = (await readdir(folder)).find((entry) => entry.endsWith('.whl'));
  if (name === undefined) throw new NativeProblem('pip has downloaded no wheel');
  return path.join(folder, name);
}

/** The bytes of the files in a folder in which a program is writing and removing. */
async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map((name) =>
    stat(path.join(folder, name)).then(
      (entry) => (entry.isFile() ? entry.size : 0),
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function requireChecksum(file: string, wheel: Wheel, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { signal })) hash.update(chunk);
  const actual = hash.digest('hex');
  if (actual === wheel.sha256) return;
  throw new NativeProblem(
    `pip has downloaded another file than ${wheel.project} ${wheel.version}: its SHA-256 is ${actual}, not ${wheel.sha256}`,
  );
}

/**
 * Takes the libraries and the headers of the C interface out of a wheel. Libraries are taken by their full names; a header
 * whose name would lead out of the folder is refused.
 */
const UNPACKING = `
import os, shutil, sys, zipfile
wheel, libraries, headers, *names = sys.argv[1:]
top = 'tensorflow/include/'
def wanted(name):
    return (name.startswith(top + 'tensorflow/c/') or name.endswith('/tsl/c/tsl_status.h')
            or '/platform/ctstring' in name) and name.startswith(top) and not name.endswith('/')
def take(archive, name, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with archive.open(name) as source, open(target, 'wb') as sink:
        shutil.copyfileobj(source, sink, 1 << 22)
with zipfile.ZipFile(wheel) as archive:
    for name in names:
        take(archive, name, os.path.join(libraries, os.path.basename(name)))
    for name in filter(wanted, archive.namelist()):
        parts = name[len(top):].split('/')
        if any(part in ('', '.', '..') or chr(92) in part or ':' in part for part in parts):
            sys.exit('The wheel holds a file with the odd name ' + repr(name))
        take(archive, name, os.path.join(headers, *parts))
`;

async function unpack(step: Step, file: string, { libraries }: Wheel): Promise<void> {
  const folders = [LIBRARIES, HEADERS].map((folder) => path.join(step.staging, folder));
  demand('python3', await runIn(step, 'python3', ['-c', UNPACKING, file, ...folders, ...libraries], LIMIT_MS));
}

/** Uses the addon that is there, or compiles one where there is none or it does not load. */
async function addAddon(step: Step, wheel: Wheel, shipped: string | null): Promise<Source> {
  const target = path.join(step.staging, ADDON);
  await mkdir(path.dirname(target), { recursive: true });
  let failure = '';
  if (shipped) {
    try {
      await copyFile(shipped, target);
      return { addon: 'shipped', tensorflow: await check(step) };
    } catch (error) {
      if (!(error instanceof NativeProblem)) throw error;
      failure = `the addon of our package ${error.message}, and `;
    }
  }
  step.say('addon', 'Compiling the addon between Node and TensorFlow');
  const args = [
    ...['-O2', '-std=c++17', '-fPIC', '-w', `-DNAPI_VERSION=${NODE_API}`, '-DBUILDING_NODE_EXTENSION'],
    ...['-DNODE_GYP_MODULE_NAME=tfjs_binding', `-I${await nodeHeaders(step.staging)}`, '-Ideps/include', '-I.'],
    ...step.platform.compiling,
    ...['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc', '-o', target],
    ...[...wheel.libraries.map((library) => `deps/lib/${path.basename(library)}`), ...step.platform.linking],
  ];
  const inPackage = { ...step, staging: path.join(step.staging, PACKAGE) };
  const compiled = await runIn(inPackage, 'c++', args, LIMIT_MS);
  if (!compiled.succeeded) throw new NativeProblem(`${failure}c++ does not compile one: ${lastWords(compiled.output)}`);
  return { addon: 'compiled', tensorflow: await check(step) };
}

/** The headers of Node-API: those of the Node that runs where it has them, else those of the package node-api-headers. */
async function nodeHeaders(staging: string): Promise<string> {
  const own = path.resolve(process.execPath, '../../include/node');
  return existsSync(path.join(own, 'node_api.h')) ? own : path.join(staging, 'node_modules/node-api-headers/include');
}

/** Loads tfjs-node in a process of its own, lets it compute, and returns the version of TensorFlow. */
async function check(step: Step): Promise<string> {
  step.say('checking', 'Loading TensorFlow and letting it compute');
  // In VS Code our Node is Electron, which is asked to be one.
  const ended = await runIn(step, process.execPath, ['check.cjs'], LIMIT_MS, { ELECTRON_RUN_AS_NODE: '1' });
  if (!ended.succeeded) throw new NativeProblem(`does not load: ${lastWords(ended.output)}`);
  return ended.output.trim().split('\n').at(-1) ?? '';
}

function runIn(
  { staging, env, signal }: Step,
  command: string,
  args: readonly string[],
  limitMs: number,
  more: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return run(command, args, { cwd: staging, env: { ...env, ...more }, signal, limitMs });
}

function demand(program: string, { succeeded, output }: Ended): void {
  if (!succeeded) throw new NativeProblem(`${program} failed: ${lastWords(output)}`);
}

/** The line in which a program says why it failed: the first that calls itself an error, else the last one. */
function lastWords(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.includes('A complete log of this run'));
  const line = lines.find((candidate) => /\berror\b.*: |Error: |ERROR: /i.test(candidate)) ?? lines.at(-1);
  return line?.replace(/^npm (error|ERR!) /, '') ?? 'it said nothing';
}

async function versionOf(staging: string): Promise<string> {
  const manifest = await readFile(path.join(staging, PACKAGE, 'package.json'), 'utf8');
  return String((JSON.parse(manifest) as { version?: unknown }).version);
}

/** The addon and the libraries, which are most of what could be missing later. */
async function neededFiles(staging: string): Promise<string[]> {
  const libraries = await readdir(path.join(staging, LIBRARIES)).catch(() => []);
  return ['load.cjs', `${PACKAGE}/package.json`, ADDON, ...libraries.map((name) => `${LIBRARIES}/${name}`)];
}
