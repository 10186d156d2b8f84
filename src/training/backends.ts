/** Which backend trains: the one that is asked for, or the fastest that loads. */
import type { BackendName } from '../protocol.ts';
import type { Backend } from './executors/executor.ts';
import { tensorflowBackend } from './executors/tensorflow/executor.ts';
import { loadNative } from './native/load.ts';

export interface OpenedBackend {
  readonly backend: Backend;
  /** Faster ones that did not load, and why: one clause, such as "is not installed: ...". */
  readonly passedOver: readonly { readonly name: BackendName; readonly reason: string }[];
}

/** From the fastest to the slowest; the plain JavaScript one is for tests and trains several hundred times slower. */
const BY_SPEED: readonly BackendName[] = ['tfjs-node', 'wasm'];

/** @throws Error in a whole sentence where the wanted one does not load, or none does */
export async function openBackend(wanted: 'auto' | BackendName, nativeFolder: string): Promise<OpenedBackend> {
  const passedOver: { name: BackendName; reason: string }[] = [];
  for (const name of wanted === 'auto' ? BY_SPEED : [wanted]) {
    const opened = await open(name, nativeFolder);
    if (typeof opened !== 'string') return { backend: opened, passedOver };
    passedOver.push({ name, reason: opened });
  }
  throw new Error(passedOver.map(({ name, reason }) => `The backend ${name} ${reason}.`).join(' '));
}

async function open(name: BackendName, nativeFolder: string): Promise<Backend | string> {
  switch (name) {
    case 'tfjs-node': {
      const native = loadNative(nativeFolder);
      if (native.tf === null) return native.reason;
      return tensorflowBackend(native.tf, { 'tfjs-node': native.tfjsNode, tensorflow: native.tensorflow });
    }
    case 'wasm': {
      const { wasmBackend } = await import('./executors/eager/wasm.ts');
      return wasmBackend();
    }
    case 'cpu': {
      const { cpuBackend } = await import('./executors/eager/cpu.ts');
      return cpuBackend();
    }
  }
}
