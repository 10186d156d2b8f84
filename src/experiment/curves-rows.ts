/** Rows for a data table: some steps of a run that may be long, as they were measured. */

export interface Rows<T> {
  readonly rows: readonly T[];
  /** A step that is there already is passed over. */
  add(row: T): void;
}

/** Beside the first and the last. */
const MOST_ROWS = 48;

/**
 * Keeps the first and the last row, and those at the multiples of 1, 5, 10, 50, 100 … times `unit` steps: of these the
 * smallest that gives no more than fifty rows.
 */
export function createRows<T extends { readonly step: number }>(unit: number): Rows<T> {
  let first: T | null = null;
  let last: T | null = null;
  let between: T[] = [];
  let stride = unit;
  let factor = 5;
  return {
    get rows() {
      const all = first ? [first, ...between] : between;
      return last && last !== all.at(-1) ? [...all, last] : all;
    },
    add(row) {
      if (row.step <= (last?.step ?? 0)) return;
      last = row;
      if (!first) {
        first = row;
      } else if (row.step % stride === 0) {
        between.push(row);
        if (between.length > MOST_ROWS) {
          stride *= factor;
          factor = factor === 5 ? 2 : 5;
          between = between.filter(({ step }) => step % stride === 0);
        }
      }
    },
  };
}
