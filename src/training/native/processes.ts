/** Programs of the user's machine, run to their end in process groups of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is kept of a program's output: its end, where it says why it failed. */
const KEPT_OUTPUT = 64 * 1024;

/** How long a program that has been asked to end may take over it. */
const GRACE_MS = 3000;

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** After that time the program is ended, and has failed. */
  readonly limitMs: number;
}

export interface Ended {
  readonly succeeded: boolean;
  /** The end of what it wrote on stdout and stderr; where it could not be started or was ended, a line that says so. */
  readonly output: string;
}

/**
 * Runs a program to its end. When `signal` is aborted, the program is ended with everything that it started, and the promise
 * is rejected with the signal's reason after that.
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const { cwd, env, signal, limitMs } = options;
  signal.throwIfAborted();
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  let output = '';
  const keep = (chunk: string): void => {
    output = (output + chunk).slice(-KEPT_OUTPUT);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  let stopping: Promise<void> | undefined;
  let late = false;
  const stop = (): void => {
    stopping ??= endGroup(child);
  };
  const limit = setTimeout(() => {
    late = true;
    stop();
  }, limitMs);
  signal.addEventListener('abort', stop);
  try {
    const failure = await once(child, 'close').then(
      ([code, by]) => (by ? `It was ended by ${by}.` : code === 0 ? null : ''),
      (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? `There is no ${command} on PATH.` : error.message),
    );
    await stopping;
    signal.throwIfAborted();
    const succeeded = failure === null && !late;
    const reason = late ? `It took longer than ${limitMs / 60_000} minutes.` : failure;
    return { succeeded, output: reason ? `${output}\n${reason}` : output };
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', stop);
  }
}

/** Ends a process and what it started: asks first, insists after a while. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    await once(spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' }), 'close');
  } else {
    signalGroup(child.pid, 'SIGTERM');
    const deadline = Date.now() + GRACE_MS;
    while (signalGroup(child.pid, 0) && Date.now() < deadline) await sleep(20);
    signalGroup(child.pid, 'SIGKILL');
  }
  // A process that has left the group would otherwise keep them open, and us waiting.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** Sends a signal to a process group; false where none of it is left. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}

/** Whether a process of that id runs on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
