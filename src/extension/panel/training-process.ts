/** The child process that trains for one panel: lines in, lines out, and an end in any case. */
import { type ChildProcess, spawn } from 'node:child_process';
import { encode, type TrainingCommand } from '../../protocol.ts';

export interface TrainingListener {
  /** One event, as the process wrote it. */
  line(line: string): void;
  /** The process is gone; with what it last wrote on its error stream. Called once. */
  ended(code: number | null, signal: NodeJS.Signals | null, lastWords: string): void;
}

/** How long a process may take to stop and to save before it is ended by force. */
const GRACE_MS = 1500;

/** As much of the error stream as a person would read. */
const LAST_WORDS = 2000;

export class TrainingProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  /** @param variables  set in the environment of the process */
  constructor(module: string, variables: Readonly<Record<string, string>>, listener: TrainingListener) {
    this.#child = spawn(process.execPath, [module], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // In the desktop VS Code, execPath is Electron.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', ...variables },
      windowsHide: true,
    });
    let lastWords = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-LAST_WORDS);
    });
    // Far cheaper than `node:readline`, which matters at hundreds of lines a second.
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) listener.line(line);
    });
    // A process that is gone reads no commands; that it is gone is said by `ended`.
    this.#child.stdin?.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        listener.ended(null, null, error.message);
        resolve();
      });
      // Not `exit`: what it has written is read first.
      this.#child.once('close', (code, signal) => {
        if (this.#child.pid !== undefined) listener.ended(code, signal, lastWords.trim());
        resolve();
      });
    });
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(command: TrainingCommand): void {
    this.#child.stdin?.write(`${encode(command)}\n`);
  }

  /** Stops the training, which saves its run where it was told to, and waits until the process is gone. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    const force = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS);
    await this.#ended;
    clearTimeout(force);
  }
}
