/** What the process does instead of a training: look what is there, or fetch what the user asked for. */
import type { Available, Errand } from '../../protocol.ts';
import { cifar10Folder, downloadCifar10, hasCifar10 } from '../data/download.ts';
import { defaultNativeFolder, nativeStatus } from '../native/folder.ts';
import { installNative } from '../native/install.ts';

/** Messages are whole lines for the user; a fraction is between 0 and 1. */
export type Say = (message: string, fraction: number | null) => void;

/** @throws Error in whole sentences, or the signal's reason */
export async function run({ command }: Errand, say: Say, signal: AbortSignal): Promise<Available> {
  if (command === 'install native backend') {
    await installNative({
      folder: defaultNativeFolder(),
      signal,
      onProgress: ({ message, fraction = null }) => say(message, fraction),
    });
  }
  if (command === 'download CIFAR-10') {
    await downloadCifar10({
      folder: cifar10Folder(),
      signal,
      onProgress: ({ bytes, total }) => say(`${megabytes(bytes)} of ${megabytes(total)} MB`, bytes / total),
    });
  }
  return {
    event: 'available',
    native: nativeStatus(defaultNativeFolder()) !== null,
    cifar10: await hasCifar10(cifar10Folder()),
  };
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
