/** The numbers of a training as text, so that a saved run goes on with the same bits. */
import type { SavedRun, State } from '../protocol.ts';
import type { DataSet } from './data/examples.ts';

export function encodeVariables(numbers: ReadonlyMap<string, Float32Array>): Record<string, string> {
  return Object.fromEntries(
    [...numbers].map(([name, array]) => [
      name,
      Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64'),
    ]),
  );
}

export function decodeVariables({ variables }: State): Map<string, Float32Array> {
  return new Map(
    Object.entries(variables).map(([name, text]) => {
      const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
      return [name, new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4))];
    }),
  );
}

/** @throws Error where a run was trained on other examples than these */
export function requireSameData({ started }: SavedRun, data: DataSet): void {
  if (started.data.checksum === data.checksum) return;
  throw new Error(
    `The run was trained on ${started.data.name}, and these examples are others: ${data.name}. Give the folder of the same data with --data.`,
  );
}
