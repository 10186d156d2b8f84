/** How far something is: one line that is redrawn in place where that can be, otherwise lines now and then. */
import type { Terminal } from './run.ts';

export interface Progress {
  /** Redraws the line, at most ten times a second. Nothing where lines cannot be redrawn. */
  show(text: string): void;
  /** Prints a line where lines cannot be redrawn. */
  mark(text: string): void;
  /** Takes the line away. */
  clear(): void;
}

const SHORTEST_MS = 100;

export function progressOn(terminal: Terminal): Progress {
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    show(text) {
      const columns = terminal.columns();
      const now = performance.now();
      if (columns === null || now - drawn < SHORTEST_MS) return;
      drawn = now;
      terminal.error(`\r\u001b[2K${cut(text, columns - 1)}`);
    },
    mark(text) {
      if (terminal.columns() === null) terminal.error(`${text}\n`);
    },
    clear() {
      if (drawn < 0) return;
      drawn = Number.NEGATIVE_INFINITY;
      terminal.error('\r\u001b[2K');
    },
  };
}

/** A line that is longer than the terminal would be redrawn below itself. */
function cut(text: string, columns: number): string {
  const characters = [...text];
  return characters.length > columns ? `${characters.slice(0, columns - 1).join('')}…` : text;
}
