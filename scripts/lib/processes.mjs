// Child processes that end with their parent. Each one leads a process group and is ended as a group, by its own id, so
// that grandchildren (extension hosts, language servers, npm's own children) never stay behind.
//
// Runs on the machine's own Node, before the project's Node is installed.

import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** @type {Set<ChildProcess>} */
const groups = new Set();

/** @type {Set<() => void | Promise<void>>} */
const cleanups = new Set();

let ending = false;

/**
 * Starts a program as the leader of a new process group.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {ChildProcess}
 */
export function startGroup(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options, detached: process.platform !== 'win32' });
  groups.add(child);
  child.once('error', () => groups.delete(child));
  child.once('exit', () => {
    if (!groupIsAlive(child)) groups.delete(child);
  });
  return child;
}

/**
 * Runs a program to its end, in a process group of its own, and returns its exit code.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export function runToEnd(command, args, options = {}) {
  return exitCode(startGroup(command, args, options));
}

/**
 * Gives the terminal to a program that ends its own children: it stays in our process group, so Ctrl-C reaches it as well,
 * other signals are passed on, and we end after it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} its exit code
 */
export function handOver(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  const ended = exitCode(child);
  const forget = atTheEnd(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  return ended.finally(forget);
}

/**
 * Runs a program silently; its output is part of the error when it fails.
 *
 * @param {string} what  for the error message: "npm could not install code-server"
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<string>} what it printed
 */
export async function runQuietly(what, command, args, options = {}) {
  const child = startGroup(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  const code = await exitCode(child);
  if (code !== 0) throw new Error(`${what} (exit code ${code}):\n${output.trim().slice(-4000)}`);
  return output;
}

/**
 * Ends a process and everything it started: asks first, insists after `graceMs`.
 *
 * @param {ChildProcess} child
 * @param {number} [graceMs]
 */
export async function endGroup(child, graceMs = 4000) {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    if (child.exitCode === null)
      await runToEnd('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' });
  } else if (groupIsAlive(child)) {
    signalGroup(child, 'SIGTERM');
    const deadline = Date.now() + graceMs;
    while (groupIsAlive(child) && Date.now() < deadline) await sleep(50);
    if (groupIsAlive(child)) signalGroup(child, 'SIGKILL');
  }
  groups.delete(child);
}

/** Ends every process group that is still alive, then runs the clean-ups. */
export async function endEverything() {
  await Promise.all([...groups].map((child) => endGroup(child)));
  for (const cleanup of cleanups) await cleanup();
  cleanups.clear();
}

/**
 * Registers work to do at the end, whatever the end is. Returns a function that takes the registration back.
 *
 * @param {() => void | Promise<void>} cleanup
 */
export function atTheEnd(cleanup) {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/**
 * Ends everything and exits on Ctrl-C, on SIGTERM, on a closed terminal, and when the parent process is gone without having said so.
 *
 * @param {() => void} [announce] called once, before anything is ended
 */
export function endEverythingOnSignal(announce = () => {}) {
  /** @param {number} code */
  const end = async (code) => {
    if (ending) return;
    ending = true;
    announce();
    await endEverything();
    process.exit(code);
  };
  process.on('SIGINT', () => end(130));
  process.on('SIGTERM', () => end(143));
  process.on('SIGHUP', () => end(129));
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end(143);
  }, 1000).unref();
}

/**
 * @param {ChildProcess} child
 * @returns {Promise<number>}
 */
function exitCode(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** @param {ChildProcess} child */
function groupIsAlive(child) {
  if (child.pid === undefined) return false;
  if (process.platform === 'win32') return child.exitCode === null && child.signalCode === null;
  try {
    process.kill(-child.pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * @param {ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  try {
    process.kill(-Number(child.pid), signal);
  } catch {
    // The last member ended between the look and the signal.
  }
}
