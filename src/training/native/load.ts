/** Loads the native backend into this process. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import { nativeStatus } from './folder.ts';

/** A SavedModel that TensorFlow has loaded; `tf.node.loadSavedModel` of tfjs-node. */
export interface SavedModel {
  /** Runs the signature synchronously; the results are in the form of the inputs, named ones for named ones. */
  predict(inputs: NamedTensorMap): NamedTensorMap;
  predict(inputs: Tensor): Tensor;
  dispose(): void;
}

/** What we use of tfjs-node: all of tfjs-core, on TensorFlow's library. */
export type NativeTensorFlow = typeof import('@tensorflow/tfjs-core') & {
  readonly version: Readonly<Record<string, string>>;
  readonly node: {
    loadSavedModel(folder: string, tags?: string[], signature?: string): Promise<SavedModel>;
  };
};

export interface LoadedNative {
  readonly tf: NativeTensorFlow;
  /** The version of @tensorflow/tfjs-node. */
  readonly tfjsNode: string;
  /** The version of the TensorFlow library. */
  readonly tensorflow: string;
}

export interface UnavailableNative {
  readonly tf: null;
  /** One clause: "is not installed: ..." */
  readonly reason: string;
}

/** TensorFlow registers its operations once per process, and cannot be unloaded. */
let loaded: { readonly folder: string; readonly native: LoadedNative } | undefined;

/** Loads tfjs-node from the folder that it was installed into, or says why it is not available. Takes 0.3 s the first time. */
export function loadNative(folder: string): LoadedNative | UnavailableNative {
  const where = path.resolve(folder);
  if (loaded) {
    return loaded.folder === where
      ? loaded.native
      : { tf: null, reason: `cannot be loaded twice: this process uses the one in ${loaded.folder}` };
  }
  if (!nativeStatus(where)) return { tf: null, reason: 'is not installed: run `loss-lens native install`' };
  try {
    const tf = createRequire(path.join(where, 'package.json'))('./load.cjs') as NativeTensorFlow;
    const { binding } = tf.backend() as unknown as { readonly binding: { readonly TF_Version: string } };
    const native = { tf, tfjsNode: tf.version['tfjs-node'] ?? '', tensorflow: binding.TF_Version };
    loaded = { folder: where, native };
    return native;
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return {
      tf: null,
      reason: `does not load: ${line}. Run \`loss-lens native remove\`, then \`loss-lens native install\``,
    };
  }
}
