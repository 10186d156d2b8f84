/** A terminal that keeps what is written on it. */
import type { Terminal } from '../../src/cli/run.ts';

export interface FakeTerminal extends Terminal {
  stdout: string;
  stderr: string;
  /** Presses Ctrl-C. */
  interrupt(): void;
}

/** @param columns  of the error stream; null where it is no terminal */
export function fakeTerminal(cwd: string, columns: number | null = null): FakeTerminal {
  const listeners = new Set<() => void>();
  const terminal: FakeTerminal = {
    cwd,
    color: false,
    stdout: '',
    stderr: '',
    out: (text) => {
      terminal.stdout += text;
    },
    error: (text) => {
      terminal.stderr += text;
    },
    drained: async () => {},
    columns: () => columns,
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    interrupt: () => {
      for (const listener of listeners) listener();
    },
  };
  return terminal;
}
